// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-2, TCP-4, TCP-5: what losses, odd acknowledgments and windows that change do to
/// what the device sends.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/flights.hh"
#include "cases/tcp/origin.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using tcp::Origin;

/// The client has got it all: each segment, in the order of the stream.
void take(Client& client, const std::vector<ReceivedSegment>& flight) {
    const std::uint32_t end = client.acknowledged() + tcp::size_of(flight);
    client.accept_payload(Bytes(end - client.acknowledged()));
}

/// RFC 5681 3.2, RFC 9438 4.6 (and not of a host that has chosen BBR): the flight behind a loss is
/// smaller than the one that lost.
Task<> window_falls_at_loss(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-4");
    const tcp::Loss loss = co_await tcp::lose_the_first(stage, client);
    const std::uint32_t lost = tcp::size_of(loss.flight);
    const std::vector<ReceivedSegment> repaired =
        co_await tcp::collect(client, tcp::kFlightPause, tcp::kFlightLength);
    std::uint32_t end = tcp::end_of(loss.flight.back().segment);
    for (const ReceivedSegment& each : repaired) {
        client.accept(each.segment);  // its timestamp says that the second copy has come
        if (sequence_before(end, tcp::end_of(each.segment))) end = tcp::end_of(each.segment);
    }
    client.accept_payload(Bytes(end - client.acknowledged()));
    client.send(tcp_flag::kAck);
    const std::vector<ReceivedSegment> next = co_await tcp::next_flight(client);
    if (next.empty()) throw Violation({"TCP-4", "text behind a loss that is repaired", "nothing"});
    stage.check_that(tcp::size_of(next) < lost, "TCP-4",
                     fmt::format("less than the {} bytes of the flight that lost a segment", lost),
                     fmt::format("{} bytes", tcp::size_of(next)), next.front().frame);
    co_await tcp::abandon(stage, client);
}

/// RFC 3465 2.1, RFC 5681 3.1: what many acknowledgments say of one segment counts once.
Task<> divided_acknowledgments_bounded(Stage& stage, Origin origin) {
    constexpr std::uint32_t kParts = 10;
    constexpr std::uint32_t kGrowthMax = 3;
    co_await stage.expect_alive("before the case");
    ClientOffer offer;
    offer.window_scale = 10;
    Client& client = *co_await tcp::establish(stage, origin, "TCP-4", offer);
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-4");
    const std::uint32_t size = tcp::size_of(flight);
    const std::uint32_t part =
        std::max(static_cast<std::uint32_t>(flight.front().segment.payload.size()) / kParts, 1U);
    for (std::uint32_t told = 0; told < size; told += part) {
        client.accept_payload(Bytes(std::min(part, size - told)));
        client.send(tcp_flag::kAck);
    }
    const std::vector<ReceivedSegment> next = co_await tcp::next_flight(client);
    stage.check_that(tcp::size_of(next) <= kGrowthMax * size, "TCP-4",
                     fmt::format("{} bytes at most behind a flight of {}", kGrowthMax * size, size),
                     fmt::format("{} bytes", tcp::size_of(next)), flight.back().frame);
    co_await tcp::abandon(stage, client);
}

/// RFC 2018 8: what SACK has reported is kept until it is acknowledged, for a receiver may throw
/// it away.
Task<> reneged_sent_again(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kPatience{4'000};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-2");
    const tcp::Loss loss = co_await tcp::lose_the_first(stage, client);
    co_await tcp::collect(client, tcp::kFlightPause, tcp::kFlightLength);
    client.accept_payload(Bytes(loss.got.left - client.acknowledged()));
    client.send(tcp_flag::kAck);
    const Time deadline = stage.wire().now() + kPatience;
    for (;;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw Violation({"TCP-2",
                             fmt::format("what was reported and not acknowledged again within {} "
                                         "ms",
                                         milliseconds_of(kPatience)),
                             "nothing of it"});
        }
        const TcpSegment& segment = received->segment;
        const bool is_first = sequence_at_or_before(segment.sequence, loss.got.left) &&
                              sequence_before(loss.got.left, tcp::end_of(segment));
        if (is_first) break;
    }
    co_await tcp::abandon(stage, client);
}

/// RFC 9293 3.8.6, SHLD-15: into a window that the client takes back nothing new goes.
Task<> shrunk_window_respected(Stage& stage, Origin origin) {
    constexpr std::uint16_t kField = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-5");
    const std::uint16_t open = client.window_field();
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-5");
    const std::uint32_t end = client.acknowledged() + tcp::size_of(flight);
    client.accept_payload(Bytes(flight.front().segment.payload.size()));
    client.set_window_field(kField);
    client.send(tcp_flag::kAck);
    const std::uint32_t edge = client.acknowledged() + client.window_bytes();
    const std::uint32_t limit = sequence_before(edge, end) ? end : edge;
    const std::vector<ReceivedSegment> next = co_await tcp::next_flight(client);
    for (const ReceivedSegment& each : next) {
        stage.check_that(sequence_at_or_before(tcp::end_of(each.segment), limit), "TCP-5",
                         "nothing new into a window that has shrunk",
                         describe(client.to_relative(each.segment)), each.frame);
    }
    take(client, {flight.begin() + 1, flight.end()});
    client.set_window_field(open);
    client.send(tcp_flag::kAck);
    const ReceivedSegment more = co_await tcp::expect_text(stage, client, "TCP-5");
    stage.check_that(!more.segment.payload.empty(), "TCP-5", "text for the window that is open",
                     "none", more.frame);
    co_await tcp::abandon(stage, client);
}

/// RFC 9293 3.8.6.2.1, MUST-38: a window that opens by a few bytes is no reason to send a few;
/// until 0.1 s have gone, at the least.
Task<> small_window_not_filled(Stage& stage, Origin origin) {
    constexpr std::uint32_t kFew = 16;
    constexpr std::chrono::milliseconds kNotBefore{90};
    co_await stage.expect_alive("before the case");
    ClientOffer offer;
    offer.window_scale = 4;
    Client& client = *co_await tcp::establish(stage, origin, "TCP-5", offer);
    const std::uint16_t open = client.window_field();
    client.set_window_field(0);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, tcp::local_request(stage));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-5", client.next_sequence());
    client.set_window_field(kFew >> 4U);
    client.send(tcp_flag::kAck);
    const Time opened = stage.wire().now();
    const std::optional<ReceivedSegment> received =
        co_await client.receive(std::max<Duration>(kNotBefore - stage.iut().timers.tolerance, {}));
    if (received) {
        stage.check_that(received->segment.payload.empty(), "TCP-5",
                         fmt::format("nothing into a window of {} bytes within {} ms", kFew,
                                     milliseconds_of(kNotBefore)),
                         fmt::format("{} bytes after {} ms", received->segment.payload.size(),
                                     milliseconds_of(received->at - opened)),
                         received->frame);
        client.accept(received->segment);
    }
    client.set_window_field(open);
    client.send(tcp_flag::kAck);
    co_await tcp::expect_response(stage, client, "TCP-5");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_congestion_cases() {
    tcp::CaseList list;
    list.add_both_for_members<window_falls_at_loss>(
        "tcp/congestion/window-falls-at-loss",
        "The flight behind a loss is smaller than the one with it.", {"TCP-4"});
    list.add_both<divided_acknowledgments_bounded>(
        "tcp/congestion/divided-acknowledgments-bounded",
        "A client that acknowledges each segment in ten parts gets no more for it.", {"TCP-4"});
    list.add_both<reneged_sent_again>(
        "tcp/congestion/reneged-sent-again",
        "What SACK has reported goes again if the client does not acknowledge it.", {"TCP-2"});
    list.add_both<shrunk_window_respected>(
        "tcp/congestion/shrunk-window-respected",
        "A window that the client takes back gets nothing new, and is used when it opens.",
        {"TCP-5"});
    list.add_both<small_window_not_filled>(
        "tcp/congestion/small-window-not-filled",
        "A closed window that opens by 16 bytes is not filled at once.", {"TCP-5"});
    return list.take();
}

}  // namespace conform
