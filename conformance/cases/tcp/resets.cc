// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-7, TCP-13 (RFC 5961, RFC 5927): what wants to end or change a connection that it
/// does not know.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/flights.hh"
#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"

namespace conform {
namespace {

using tcp::Origin;

/// Within any window that a host announces after its handshake.
constexpr std::uint32_t kWithin = 100;
constexpr std::uint32_t kBeyond = 1U << 30;
constexpr std::uint8_t kNetUnreachable = 0;
constexpr std::uint8_t kHostUnreachable = 1;

TcpSegment reset_at(Client& client, std::uint32_t distance) {
    TcpSegment reset = client.make(tcp_flag::kRst);
    reset.timestamps.reset();
    reset.sequence += distance;
    return reset;
}

/// RFC 5961 3.2: the very next number ends the connection; the same tuple is free at once.
Task<> exact_reset_taken(Stage& stage) {
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-7");
    // Half a request: the device has nothing to say or to close yet.
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    client.send(reset_at(client, 0));
    Client& successor = stage.open_successor(client);
    co_await successor.connect("TCP-7");
    co_await tcp::exchange(stage, successor, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 3.2: another number within the window is asked about, and the connection lives.
Task<> near_reset_challenged(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    client.carry(reset_at(client, kWithin));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 3.2: out of the window it has not come.
Task<> far_reset_dropped(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    client.carry(reset_at(client, kBeyond));
    co_await client.expect_silence("TCP-7", "for a reset out of the window",
                                   stage.iut().timers.silence);
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 3.2: a number that has been used is out of the window too.
Task<> old_reset_dropped(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    client.carry(reset_at(client, 0U - 1));
    co_await client.expect_silence("TCP-7", "for a reset left of the window",
                                   stage.iut().timers.silence);
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 7: who forges resets without end does not get an answer to each. What one connection
/// has used up is no other's (CVE-2016-5696): how many are left must not be seen from outside.
Task<> challenges_limited(Stage& stage, Origin origin) {
    constexpr std::size_t kForged = 100;
    constexpr std::size_t kAnsweredMax = kForged / 2;
    co_await stage.expect_alive("before the case");
    Client& watched = *co_await tcp::establish(stage, origin, "TCP-7");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    for (std::size_t i = 0; i < kForged; ++i)
        client.carry(reset_at(client, kWithin));
    const std::vector<ReceivedSegment> answers =
        co_await tcp::collect(client, stage.iut().timers.silence / 4, stage.iut().timers.silence);
    stage.check_that(
        !answers.empty() && answers.size() <= kAnsweredMax, "TCP-7",
        fmt::format("1 to {} answers to {} resets that may be forged", kAnsweredMax, kForged),
        fmt::format("{}", answers.size()), stage.wire().capture().size() - 1);
    watched.carry(reset_at(watched, kWithin));
    co_await tcp::expect_acknowledgment(stage, watched, "TCP-7", watched.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await tcp::exchange(stage, watched, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 4.2: whoever sent it, a SYN is asked about.
Task<> syn_challenged(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    TcpSegment syn = client.make(tcp_flag::kSyn);
    syn.sequence += kWithin;
    client.carry(syn);
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// The same in LAST-ACK, or in CLOSE-WAIT where the device has not closed yet.
Task<> syn_challenged_at_the_end(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-7");
    client.send(tcp_flag::kPsh | tcp_flag::kFin | tcp_flag::kAck, tcp::local_request(stage));
    co_await tcp::expect_text(stage, client, "TCP-7");
    co_await tcp::collect(client, stage.iut().timers.silence / 20, stage.iut().timers.silence / 10);
    TcpSegment syn = client.make(tcp_flag::kSyn);
    syn.sequence += kWithin;
    client.carry(syn);
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (bool is_answered = false; !is_answered;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw Violation({"TCP-7", "an acknowledgment for a SYN behind a FIN", "nothing"});
        }
        const TcpSegment& segment = received->segment;
        const bool is_challenge = segment.payload.empty() && segment.flags == tcp_flag::kAck &&
                                  segment.acknowledgment == client.next_sequence();
        const bool is_repeated = !segment.payload.empty() || segment.has(tcp_flag::kFin);
        if (!is_challenge && !is_repeated) {
            throw Violation({"TCP-7", "an acknowledgment for a SYN behind a FIN",
                             describe(client.to_relative(segment)), received->frame});
        }
        is_answered = is_challenge;
    }
    client.send(tcp_flag::kRst | tcp_flag::kAck);
    co_await tcp::expect_service(stage, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 1122 4.2.3.9, RFC 5461: a soft error about a living connection does not end it.
Task<> soft_error_survived(Stage& stage, Origin origin) {
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-13");
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    const ReceivedSegment received =
        co_await tcp::expect_acknowledgment(stage, client, "TCP-13", client.next_sequence());
    for (const std::uint8_t code : {kNetUnreachable, kHostUnreachable})
        tcp::send_unreachable(client, received.segment, code);
    co_await client.expect_silence("TCP-13", "for ICMP errors that may pass",
                                   stage.iut().timers.silence / 4);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(request.begin() + kFirst, request.end()));
    co_await tcp::expect_response(stage, client, "TCP-13");
    co_await stage.expect_alive("after the case");
}

/// The same about text that is on its way, which the quote proves to be the device's.
Task<> soft_error_in_flight_survived(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-13");
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-13");
    for (const std::uint8_t code : {kNetUnreachable, kHostUnreachable})
        tcp::send_unreachable(client, flight.front().segment, code);
    const std::vector<ReceivedSegment> meanwhile =
        co_await tcp::collect(client, tcp::kFlightPause, tcp::kFlightLength);
    for (const ReceivedSegment& each : meanwhile) {
        stage.check_that(!each.segment.has(tcp_flag::kRst), "TCP-13",
                         "no reset for ICMP errors that may pass",
                         describe_tcp_flags(each.segment.flags), each.frame);
    }
    client.accept_payload(Bytes(tcp::size_of(flight)));
    client.send(tcp_flag::kAck);
    co_await tcp::expect_text(stage, client, "TCP-13");
    co_await tcp::abandon(stage, client);
}

}  // namespace

std::vector<CaseInfo> tcp_resets_cases() {
    tcp::CaseList list;
    list.add("tcp/resets/exact-reset-taken",
             "A reset with the next number ends the connection, and its tuple is free.",
             {"TCP-1", "TCP-7"}, exact_reset_taken);
    list.add_both<near_reset_challenged>(
        "tcp/resets/near-reset-challenged",
        "A reset elsewhere in the window is answered with an acknowledgment.", {"TCP-7"});
    list.add_both<far_reset_dropped>("tcp/resets/far-reset-dropped",
                                     "A reset out of the window is dropped in silence.", {"TCP-7"});
    list.add_both<old_reset_dropped>("tcp/resets/old-reset-dropped",
                                     "A reset left of the window is dropped in silence.",
                                     {"TCP-7"});
    list.add_both<challenges_limited>(
        "tcp/resets/challenges-limited",
        "A hundred resets that may be forged get few answers, and those of other connections none "
        "the fewer.",
        {"TCP-7"});
    list.add_both<syn_challenged_at_the_end>(
        "tcp/resets/syn-challenged-at-the-end",
        "A SYN behind the client's FIN is answered with an acknowledgment.", {"TCP-7"});
    list.add_both<syn_challenged>("tcp/resets/syn-challenged",
                                  "A SYN on a connection is answered with an acknowledgment.",
                                  {"TCP-7"});
    list.add_both<soft_error_survived>("tcp/resets/soft-error-survived",
                                       "An ICMP error that may pass does not end a connection.",
                                       {"TCP-13"});
    list.add_both<soft_error_in_flight_survived>(
        "tcp/resets/soft-error-in-flight-survived",
        "An ICMP error that may pass, about text on its way, does not end a connection.",
        {"TCP-13"});
    return list.take();
}

}  // namespace conform
