// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "One owner": what releases, replaces or ends a copy, with the device as target.
#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::MovedIn;
using std::chrono::milliseconds;

constexpr std::uint16_t kTupleInUse = 6;  // a reason of 0x10

/// EP-8: the same attempt, when its endpoint is gone, makes another copy, and the number of the
/// first releases nothing.
Task<> copy_made_again_has_another_number(Stage& stage) {
    MovedIn connection(stage);
    Peer& peer = connection.peer();
    peer.send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");
    const std::uint32_t first = connection.copy();
    // EP-16: the home does not know this copy.
    peer.send(EncapsulationType::Release, encode(IdentifiedCopy{connection.id(), first}));
    co_await connection.expect_nothing("EP-16", "of a copy that was refused",
                                       stage.iut().timers.silence / 4);
    connection.offer();
    co_await connection.expect_acknowledgement("EP-8");
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check_that(connection.copy() != first, "EP-8", "another copy number", "the same", frame);

    peer.send(EncapsulationType::Go, encode(IdentifiedCopy{connection.id(), first}));
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    co_await connection.client().expect_silence("EP-13", "after 0x14 with another copy",
                                                stage.iut().timers.silence / 4);
    while (co_await peer.receive(Duration::zero())) {
    }
    connection.release();
    co_await connection.expect_response(request);
    co_await connection.finish_response();
}

/// EP-13, EP-10: a RST releases no copy; at another number than the expected it does nothing.
Task<> reset_releases_nothing(Stage& stage) {
    MovedIn connection(stage);
    connection.peer().send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");
    TcpSegment reset = connection.client().make(tcp_flag::kRst);
    reset.sequence += 1'000;
    connection.peer().send_frame(connection.forwarded_frame(reset));
    // Unreleased still: it goes on saying that it is there (EP-15).
    co_await connection.expect_acknowledgement("EP-13");
    co_await connection.expect_acknowledgement("EP-13");
    co_await connection.exchange();
}

/// EP-8: a base home would release what a late 0x01 makes by the client's next packet.
Task<> ended_attempt_makes_nothing(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Bytes late = connection.connection_frame();
    connection.forward(connection.client().make(tcp_flag::kRst | tcp_flag::kAck));
    connection.peer().send_frame(late);
    co_await connection.expect_nothing("EP-8", "for a 0x01 whose endpoint has ended",
                                       stage.iut().timers.silence);
    MovedIn twin(stage);
    co_await twin.move();
}

Task<> released_stays(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const ConnectionInformation served = connection.information();
    for (const bool is_another : {false, true}) {
        connection.information() = served;
        ++connection.information().block.epoch;
        if (is_another) connection.information().block.iss += 77'777;
        connection.peer().send_frame(connection.connection_frame());
        if (stage.has_extensions()) {
            const ReceivedEncapsulation refused = co_await connection.peer().expect(
                "EP-17", endpoint::about(EncapsulationType::Reject, connection.client()),
                stage.iut().timers.answer);
            endpoint::check_reject(stage, "EP-17", refused, connection.id(), kTupleInUse);
        }
        co_await connection.expect_nothing("EP-17", "for a 0x01 of what is released",
                                           stage.iut().timers.silence / 4);
        connection.information() = served;
        co_await connection.exchange();
    }
}

CaseInfo copy_case(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage),
                   std::string_view needs = {}) {
    return {id, claim, std::move(requirements), "endpoint", "target", run, needs};
}

}  // namespace

std::vector<CaseInfo> endpoint_copies_cases() {
    return {copy_case("endpoint/copies/made-again-has-another-number",
                      "The same attempt makes another copy when the first is gone, and the number "
                      "of the first releases nothing.",
                      {"EP-8", "EP-13", "EP-16"}, copy_made_again_has_another_number, "ext"),
            copy_case("endpoint/copies/reset-releases-nothing",
                      "A RST of the client releases no base copy.", {"EP-13", "EP-10"},
                      reset_releases_nothing, "base"),
            copy_case("endpoint/copies/ended-attempt-makes-nothing",
                      "A base target makes nothing from a 0x01 whose endpoint has just ended.",
                      {"EP-8"}, ended_attempt_makes_nothing, "base"),
            copy_case("endpoint/copies/released-stays",
                      "A released endpoint is replaced by no 0x01, be it of a higher epoch or of "
                      "another connection.",
                      {"EP-17"}, released_stays)};
}

}  // namespace conform
