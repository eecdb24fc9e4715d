// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Moving an endpoint that is in use": the device as owner gives a connection back
/// to its home (EP-46).
#include <fmt/format.h>

#include "cases/endpoint/image.hh"
#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::MovedIn;
using endpoint::Offer;
using std::chrono::milliseconds;

constexpr std::uint16_t kFull = 2;  // reasons of 0x10
constexpr std::uint16_t kUnknownEndpoint = 3;
constexpr milliseconds kTimerTolerance{20};
/// EP-46: pauses between repetitions, then a second each, for 60 s.
constexpr milliseconds kPauses[] = {milliseconds(50), milliseconds(100), milliseconds(200),
                                    milliseconds(400), milliseconds(1'000)};
constexpr milliseconds kGivenUpAfter{60'000};
constexpr milliseconds kTwoMsl{60'000};  // EP-27

/// The operator sends it home: the owner's 0x01, with its queues.
Task<Offer> give_back(Stage& stage, MovedIn& connection) {
    co_await stage.upper_tester().migrate("EP-46", connection.client(),
                                          connection.peer().self().name);
    EncapsulationPattern pattern =
        endpoint::about(EncapsulationType::Connection, connection.client());
    // Towards a home the forward IP is the one of this service (SYS-2).
    pattern.destination = SocketAddress{connection.peer().self().forward_ip.front(),
                                        connection.client().service().port};
    const Offer offer = endpoint::take_offer(
        co_await connection.peer().expect("EP-45", pattern, stage.iut().timers.answer));
    const std::size_t frame = offer.frame.frame;
    stage.check("EP-45", "epoch of the return", connection.id().epoch + 1,
                offer.information.block.epoch, frame);
    stage.check("EP-45", "iss", connection.id().initial_sequence, offer.information.block.iss,
                frame);
    stage.check_that(offer.information.service == connection.client().service(), "EP-45",
                     "Server IP and Port of the service", offer.information.service.to_string(),
                     frame);
    co_return offer;
}

void accept_return(Stage& stage, MovedIn& connection, const Offer& offer) {
    connection.peer().send(EncapsulationType::Acknowledgement,
                           encode(IdentifiedCopy{offer.id(), stage.random().next_u32()}));
}

/// The owner sends back `packet`, as it came.
Task<> expect_sent_back(Stage& stage, MovedIn& connection, const char* requirement,
                        const TcpSegment& segment) {
    const ReceivedEncapsulation back = co_await connection.peer().expect(
        requirement, endpoint::about(EncapsulationType::Forwarded, connection.client()),
        stage.iut().timers.answer, EncapsulationType::Connection);
    stage.check_that(back.header().payload == encode_tcp_packet(segment), requirement,
                     "the client's packet as it came", describe(back.content), back.frame);
}

Task<> held_goes_back(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    std::vector<TcpSegment> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(connection.next_request());
        connection.forward(held.back());
    }
    co_await connection.client().expect_silence("EP-46", "while its return is unanswered",
                                                milliseconds(300));
    accept_return(stage, connection, offer);
    for (const TcpSegment& segment : held)
        co_await expect_sent_back(stage, connection, "EP-46", segment);
    // For 2MSL later ones go back at once.
    for (int i = 0; i < 3; ++i) {
        const TcpSegment late = connection.next_request();
        connection.forward(late);
        co_await expect_sent_back(stage, connection, "EP-27", late);
        co_await stage.sleep(kTwoMsl / 4);
    }
    co_await connection.client().expect_silence("EP-12", "of a connection that was given back",
                                                stage.iut().timers.silence);
}

Task<> refused_resumes(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    co_await connection.client().expect_silence("EP-46", "while its return is unanswered",
                                                milliseconds(100));
    // EP-14: another epoch is another attempt.
    MigrationId other = offer.id();
    --other.epoch;
    connection.peer().send(EncapsulationType::Reject, encode(Rejection{other, kFull}));
    co_await connection.client().expect_silence("EP-14", "after 0x10 about another attempt",
                                                milliseconds(20));
    connection.peer().send(EncapsulationType::Reject, encode(Rejection{offer.id(), kFull}));
    // What was held is processed.
    co_await connection.expect_response(request);
    while (co_await connection.peer().receive(milliseconds(5))) {
    }
    co_await connection.finish_response();
    co_await connection.exchange();
}

Task<> unknown_drops(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    connection.peer().send(EncapsulationType::Reject,
                           encode(Rejection{offer.id(), kUnknownEndpoint}));
    while (co_await connection.peer().receive(milliseconds(5))) {
    }
    co_await connection.client().expect_silence("EP-46", "of an endpoint that is dropped",
                                                stage.iut().timers.silence);
    co_await connection.peer().expect_silence("EP-46", "of an endpoint that is dropped",
                                              Duration::zero());
    connection.peer().send_frame(connection.forwarded_frame(connection.next_request()));
    co_await connection.client().expect_silence("EP-46", "for a packet of what is dropped",
                                                stage.iut().timers.silence / 4);
    MovedIn twin(stage);
    co_await twin.move();
}

/// EP-13: the 0x14 that released it once is no answer to its return.
Task<> old_release_changes_nothing(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    connection.release();
    co_await connection.client().expect_silence("EP-13", "after the 0x14 of before its return",
                                                milliseconds(300));
    accept_return(stage, connection, offer);
    co_await expect_sent_back(stage, connection, "EP-46", request);
}

/// No answer: it repeats, and never resumes by itself.
Task<> unanswered_repeats(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    connection.forward(connection.next_request());
    Time last = offer.frame.at;
    for (const milliseconds pause : kPauses) {
        const ReceivedEncapsulation again = co_await connection.peer().expect(
            "EP-46", endpoint::about(EncapsulationType::Connection, connection.client()),
            pause + stage.iut().timers.answer, EncapsulationType::Data);
        const Duration waited = again.at - last;
        last = again.at;
        const Duration tolerance = kTimerTolerance + 2 * stage.iut().timers.tolerance;
        stage.check_that(waited >= pause - tolerance && waited <= pause + tolerance, "EP-46",
                         fmt::format("0x01 again after {} ms", pause.count()),
                         fmt::format("after {} ms", milliseconds_of(waited)), again.frame);
        stage.check_that(again.header().payload == offer.frame.header().payload, "EP-46",
                         "0x01 repeated byte for byte", "another one", again.frame);
    }
    while (co_await connection.peer().receive(milliseconds(1'500))) {
        if (stage.wire().now() > offer.frame.at + kGivenUpAfter + stage.iut().timers.answer) {
            throw Violation({"EP-46", "an end of the repetitions after 60 s", "more of them"});
        }
    }
    stage.check_that(stage.wire().now() - offer.frame.at >= kGivenUpAfter - milliseconds(1'000),
                     "EP-46", "repetitions for 60 s",
                     fmt::format("for {} ms", milliseconds_of(stage.wire().now() - offer.frame.at)),
                     stage.wire().capture().size() - 1);
    co_await connection.client().expect_silence("EP-46", "of an endpoint that nobody took back",
                                                stage.iut().timers.silence);
}

/// A 0x01 with a higher epoch counts as the 0x03 of the pending return.
Task<> higher_epoch_is_an_answer(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const Offer offer = co_await give_back(stage, connection);
    Image image = co_await endpoint::take_image(stage, connection.peer(), offer);
    while (co_await connection.peer().receive(milliseconds(5))) {
    }
    // The home has taken it back, and moves it here once more.
    image.information.block.epoch = offer.information.block.epoch + 1;
    connection.information() = image.information;
    endpoint::send_connection(connection.peer(), image);
    endpoint::send_queues(connection.peer(), image);
    co_await connection.expect_acknowledgement("EP-46");
    connection.release();
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    const SegmentPattern answer{.flags = tcp_flag::kAck, .has_payload = true};
    co_await connection.client().expect("EP-46", answer, stage.iut().timers.answer);
}

CaseInfo giving_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "target", run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_giving_back_cases() {
    return {
        giving_case("endpoint/giving-back/held-goes-back",
                    "While its return is unanswered an owner holds; taken back, it sends back what "
                    "it held, and for 2MSL what still comes.",
                    {"EP-46", "EP-27", "EP-12"}, held_goes_back),
        giving_case("endpoint/giving-back/refused-resumes",
                    "Refused with any reason but 3 the owner goes on, with what it held.",
                    {"EP-46", "EP-14", "EP-48"}, refused_resumes),
        giving_case("endpoint/giving-back/unknown-drops",
                    "Refused with reason 3 the owner drops the endpoint silently.", {"EP-46"},
                    unknown_drops),
        giving_case("endpoint/giving-back/old-release-changes-nothing",
                    "The 0x14 that released an owner does not end its wait for the answer to its "
                    "return.",
                    {"EP-13", "EP-46"}, old_release_changes_nothing),
        giving_case("endpoint/giving-back/unanswered-repeats",
                    "Unanswered an owner repeats after 50, 100, 200, 400 ms and each second for "
                    "60 s, and never resumes.",
                    {"EP-46"}, unanswered_repeats),
        giving_case("endpoint/giving-back/higher-epoch-is-an-answer",
                    "A 0x01 with a higher epoch than the pending return counts as its 0x03.",
                    {"EP-46", "EP-17"}, higher_epoch_is_an_answer)};
}

}  // namespace conform
