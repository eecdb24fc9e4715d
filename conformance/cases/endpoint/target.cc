// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "One owner" and "Forwarding", with the device as target.
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::MovedIn;
using std::chrono::milliseconds;

Task<> answers_as_the_service(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    MovedIn connection(stage);
    Client& client = connection.client();
    Peer& peer = connection.peer();
    peer.send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");

    // EP-13: until released the target is silent towards the client.
    co_await client.expect_silence("EP-13", "before the target is released", timers.silence);
    co_await peer.expect_silence("EP-15", "but repetitions of 0x03 before the release",
                                 Duration::zero(), EncapsulationType::Acknowledgement);
    connection.release();

    // The first 0x02 releases (base), and its request is answered as the service would (EP-24).
    co_await connection.exchange();
    // The endpoint goes on: a second request is answered after the first.
    co_await connection.exchange();
}

/// EP-15: how long after the last 0x03 the next one comes; from then on every second.
constexpr milliseconds kPauses[] = {milliseconds(50), milliseconds(100), milliseconds(200),
                                    milliseconds(400), milliseconds(800)};
/// Repetitions that come before a base target drops its unreleased copy, 2 s after the 0x01.
constexpr milliseconds kBaseLifetime{2'000};
/// Timers of a device may be coarse.
constexpr milliseconds kTimerTolerance{10};

Task<> repeats_its_acknowledgement(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    MovedIn connection(stage);
    Peer& peer = connection.peer();
    peer.send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");
    const std::uint32_t copy = connection.copy();
    Time last = stage.wire().now();
    for (const milliseconds pause : kPauses) {
        co_await connection.expect_acknowledgement("EP-15");
        const Duration waited = stage.wire().now() - last;
        last = stage.wire().now();
        const Duration tolerance = kTimerTolerance + 2 * timers.tolerance;
        stage.check_that(waited >= pause - tolerance && waited <= pause + tolerance, "EP-15",
                         fmt::format("0x03 again after {} ms", pause.count()),
                         fmt::format("after {} ms", milliseconds_of(waited)),
                         stage.wire().capture().size() - 1);
        stage.check("EP-15", "0x03 again with copy", copy, connection.copy(),
                    stage.wire().capture().size() - 1);
    }
    // Released, it stops: the twin of the repetitions.
    connection.release();
    co_await connection.exchange();
    co_await connection.expect_nothing("EP-15", "after the release", kBaseLifetime);
    co_await connection.exchange();
}

Task<> acknowledges_a_repetition_again(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const std::uint32_t copy = connection.copy();
    // The endpoint has sent and received since; a copy made again would start from the block.
    for (int i = 0; i < 2; ++i) {
        connection.peer().send_frame(connection.connection_frame());
        co_await connection.expect_acknowledgement("EP-8");
        stage.check("EP-8", "0x03 again with copy", copy, connection.copy(),
                    stage.wire().capture().size() - 1);
        co_await connection.expect_nothing("EP-8", "but 0x03 after a repeated 0x01",
                                           stage.iut().timers.silence);
        co_await connection.exchange();
    }
}

/// EP-13: a packet that came before its 0x01 is held (EP-23) and releases nothing.
Task<> early_packet_held(Stage& stage) {
    MovedIn connection(stage);
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    connection.peer().send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");
    co_await connection.client().expect_silence("EP-13", "for a packet that came before its 0x01",
                                                stage.iut().timers.silence);
    co_await connection.peer().expect_silence("EP-15", "but 0x03 before the release",
                                              Duration::zero(), EncapsulationType::Acknowledgement);
    // The home's packet again, as a client repeats what is not answered, releases a base target.
    connection.release();
    connection.forward(request);
    co_await connection.expect_response(request);
    co_await connection.finish_response();
    co_await connection.exchange();
}

/// EP-7: nobody listens where it would move to.
Task<> closed_port_refused(Stage& stage) {
    constexpr std::uint16_t kNoListener = 1;  // a reason of 0x10
    constexpr std::uint16_t kClosedPort = 9;
    constexpr std::size_t kDestinationPort = kEthernetHeaderSize + 10;
    constexpr std::size_t kServerPort = kEthernetHeaderSize + kEncapsulationHeaderSize + 4;
    MovedIn judged(stage);
    Bytes frame = judged.connection_frame();
    store_u16(frame, kDestinationPort, kClosedPort);
    store_u16(frame, kServerPort, kClosedPort);
    repair_encapsulation_checksum(frame);
    judged.peer().send_frame(frame);
    if (stage.has_extensions()) {
        MigrationId id = judged.id();
        id.service.port = kClosedPort;
        const ReceivedEncapsulation refused = co_await judged.peer().expect(
            "EP-7", endpoint::about(EncapsulationType::Reject, judged.client()),
            stage.iut().timers.answer);
        endpoint::check_reject(stage, "EP-7", refused, id, kNoListener);
    }
    co_await judged.expect_nothing("EP-7", "for an offer to a closed port",
                                   stage.iut().timers.silence / 4);
    co_await judged.move();
}

}  // namespace

std::vector<CaseInfo> endpoint_target_cases() {
    return {{"endpoint/target/answers-as-the-service",
             "A target acknowledges 0x01, is silent until released, then answers the client "
             "directly, as the home would have gone on.",
             {"EP-7", "EP-12", "EP-13", "EP-22", "EP-24", "EP-25", "SYS-4"},
             "endpoint",
             "target",
             answers_as_the_service},
            {"endpoint/target/repeats-its-acknowledgement",
             "0x03 is repeated after 50, 100, 200, 400 and 800 ms, and no more once released.",
             {"EP-7", "EP-15"},
             "endpoint",
             "target",
             repeats_its_acknowledgement},
            {"endpoint/target/acknowledges-a-repetition-again",
             "A repeated 0x01 of an endpoint that is here is answered with the same 0x03 and "
             "changes nothing.",
             {"EP-8", "EP-17"},
             "endpoint",
             "target",
             acknowledges_a_repetition_again},
            {"endpoint/target/early-packet-held",
             "A 0x02 that comes before its 0x01 neither releases the endpoint nor is answered.",
             {"EP-13", "EP-23"},
             "endpoint",
             "target",
             early_packet_held},
            {"endpoint/target/closed-port-refused",
             "An offer for a port that nobody listens on: ext reason 1, base silence.",
             {"EP-7"},
             "endpoint",
             "target",
             closed_port_refused}};
}

}  // namespace conform
