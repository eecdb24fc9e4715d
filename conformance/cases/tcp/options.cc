// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-2, TCP-17: options that nobody knows, that are malformed or impossible, and
/// timestamps.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/flights.hh"
#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using tcp::Origin;

constexpr std::uint8_t kSynAck = tcp_flag::kSyn | tcp_flag::kAck;
constexpr std::size_t kOptions = 20 + 20;
constexpr std::uint8_t kTimestamps = 8;
constexpr std::uint8_t kSack = 5;

/// Where that option stands in a packet that has it.
std::size_t find_option(const Bytes& packet, std::uint8_t kind) {
    constexpr std::uint8_t kNoOperation = 1;
    for (std::size_t at = kOptions; at + 1 < packet.size();) {
        if (packet[at] == kind) return at;
        at += packet[at] == kNoOperation ? 1 : std::max<std::size_t>(packet[at + 1], 1);
    }
    throw std::logic_error("a segment of the judge without the option that it was made with");
}

/// RFC 9293 3.1, MUST-6: an option that it does not know is skipped by its length.
Task<> unknown_ignored(Stage& stage) {
    constexpr std::uint8_t kExperiment = 253;  // RFC 4727
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    Bytes packet = encode_tcp_packet(client.make_syn());
    packet[find_option(packet, kTimestamps)] = kExperiment;
    repair_tcp_checksum(packet);
    client.count_sent(client.make_syn());
    client.carry(packet);
    const SegmentPattern answer{.flags = kSynAck, .acknowledgment = 1, .has_timestamps = false};
    const ReceivedSegment received =
        co_await client.expect("TCP-2", answer, stage.iut().timers.answer);
    stage.check_that(received.segment.window_scale.has_value(), "TCP-2",
                     "a window scale for the one that stands behind the unknown option", "none",
                     received.frame);
    client.learn_handshake(received.segment);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// MUST-7: a length that no option has does no harm, whatever becomes of the segment.
Task<> malformed_harmless(Stage& stage, Origin origin) {
    constexpr std::uint8_t kLengths[] = {0, 1, 3, 200, 255};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-2");
    for (const std::uint8_t length : kLengths) {
        Bytes packet = encode_tcp_packet(client.make(tcp_flag::kAck));
        packet[find_option(packet, kTimestamps) + 1] = length;
        repair_tcp_checksum(packet);
        client.carry(packet);
        co_await stage.expect_alive("behind a segment with a malformed option");
    }
    const std::vector<ReceivedSegment> answers =
        co_await tcp::collect(client, stage.iut().timers.silence / 4, stage.iut().timers.silence);
    for (const ReceivedSegment& answer : answers) {
        stage.check_that(!answer.segment.has(tcp_flag::kRst), "TCP-2",
                         "no reset for a malformed option",
                         describe_tcp_flags(answer.segment.flags), answer.frame);
    }
    co_await tcp::exchange(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// What cannot have been received, or not so, between `unacknowledged` and `end`, which is behind
/// all that was sent.
std::vector<SackRange> impossible_ranges(std::uint32_t unacknowledged, std::uint32_t end) {
    constexpr std::uint32_t kPart = 1'000;
    constexpr std::uint32_t kFar = 1U << 30;
    return {{unacknowledged + 2 * kPart, unacknowledged + kPart},  // reversed
            {unacknowledged + kPart, unacknowledged + kPart},      // empty
            {unacknowledged - 2 * kPart, unacknowledged - kPart},  // acknowledged long ago
            {unacknowledged - kPart, unacknowledged + kPart},
            {unacknowledged + 2 * kPart, end + kPart},  // and more than was sent
            {end + kPart, end + 2 * kPart},
            {unacknowledged + 2 * kPart, unacknowledged + kFar},
            {unacknowledged - kFar, end + kFar}};
}

/// Acknowledgments of nothing new, each with one range, or with an option of a length that ranges
/// cannot have.
void send_odd_ranges(Client& client, std::uint32_t end) {
    constexpr std::uint8_t kLengths[] = {0, 1, 2, 3, 6, 9, 11, 17, 18, 40, 255};
    const std::uint32_t start = client.acknowledged();
    for (const SackRange& range : impossible_ranges(start, end)) {
        TcpSegment odd = client.make(tcp_flag::kAck);
        odd.sack.push_back(range);
        client.carry(odd);
    }
    for (const std::uint8_t length : kLengths) {
        TcpSegment odd = client.make(tcp_flag::kAck);
        odd.sack.push_back({start + 1'000, end});
        Bytes packet = encode_tcp_packet(odd);
        packet[find_option(packet, kSack) + 1] = length;
        repair_tcp_checksum(packet);
        client.carry(packet);
    }
}

/// CVE-2019-11477 to 11479, RFC 2018: what ranges say that cannot be true acknowledges nothing and
/// calls for no storm of repetitions.
Task<> odd_sack_harmless(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kPatience{4'000};
    constexpr std::chrono::milliseconds kStorm{1'000};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-2");
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-2");
    const std::uint32_t size = tcp::size_of(flight);
    const std::uint32_t start = client.acknowledged();
    send_odd_ranges(client, start + size);
    co_await stage.expect_alive("behind segments with odd SACK ranges");
    std::size_t bytes = 0;
    bool is_repeated = false;
    // What a storm would bring comes at once; timeouts bring a segment or two.
    for (const ReceivedSegment& each : co_await tcp::collect(client, kStorm, kStorm)) {
        stage.check_that(!each.segment.has(tcp_flag::kRst), "TCP-2", "no reset for odd SACKs",
                         "RST", each.frame);
        bytes += each.segment.payload.size();
        is_repeated =
            is_repeated || (each.segment.sequence == start && !each.segment.payload.empty());
    }
    stage.check_that(bytes <= 2 * size, "TCP-2",
                     fmt::format("{} bytes at most for acknowledgments of nothing", 2 * size),
                     fmt::format("{}", bytes), stage.wire().capture().size() - 1);
    const Time deadline = stage.wire().now() + kPatience;
    while (!is_repeated) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received || received->segment.has(tcp_flag::kRst)) {
            throw Violation({"TCP-2", "what no acknowledgment covers again, in spite of odd SACKs",
                             received ? "RST" : "nothing of it"});
        }
        is_repeated = received->segment.sequence == start && !received->segment.payload.empty();
    }
    client.accept_payload(Bytes(size));
    client.send(tcp_flag::kAck);
    const Time told = stage.wire().now();
    for (bool is_new = false; !is_new;) {
        const ReceivedSegment more = co_await tcp::expect_text(stage, client, "TCP-2");
        is_new = !sequence_before(more.segment.sequence, start + size);
        if (!is_new && stage.wire().now() - told > kPatience) {
            throw Violation(
                {"TCP-2", "text behind what is acknowledged", "what was acknowledged", more.frame});
        }
    }
    co_await tcp::abandon(stage, client);
}

/// RFC 7323 4.3: the echo is that of the segment that is acknowledged; 5.4: the clock goes on.
Task<> timestamps_echoed(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kPause{100};
    constexpr std::ptrdiff_t kPart = 10;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-2");
    std::uint32_t clock = client.server_timestamp();
    const Bytes request = tcp::local_request(stage);
    for (std::ptrdiff_t from = 0; from < 3 * kPart; from += kPart) {
        co_await stage.sleep(kPause);
        client.send(tcp_flag::kAck, Bytes(request.begin() + from, request.begin() + from + kPart));
        const ReceivedSegment received =
            co_await tcp::expect_acknowledgment(stage, client, "TCP-2", client.next_sequence());
        const auto& timestamps = received.segment.timestamps;
        if (!timestamps) {
            throw Violation({"TCP-2", "timestamps on every segment", "none", received.frame});
        }
        stage.check("TCP-2", "TSecr", client.timestamp_sent(), timestamps->echo, received.frame);
        stage.check_that(sequence_before(clock, timestamps->value), "TCP-17",
                         fmt::format("a clock that has gone on from {}", clock),
                         fmt::format("{}", timestamps->value), received.frame);
        clock = timestamps->value;
    }
    client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(request.begin() + 3 * kPart, request.end()));
    co_await tcp::expect_response(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// RFC 7323 5.3: a segment older than the last one is acknowledged and dropped.
Task<> old_timestamp_dropped(Stage& stage, Origin origin) {
    constexpr std::uint32_t kAge = 100'000;
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-2");
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-2", client.next_sequence());
    const TcpSegment rest = client.make(tcp_flag::kPsh | tcp_flag::kAck,
                                        Bytes(request.begin() + kFirst, request.end()));
    TcpSegment old = rest;
    old.timestamps->value -= kAge;
    client.carry(old);
    co_await tcp::expect_acknowledgment(stage, client, "TCP-2", client.next_sequence());
    co_await client.expect_silence("TCP-2", "for a request with an old timestamp",
                                   stage.iut().timers.silence / 2);
    client.send(rest);
    co_await tcp::expect_response(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// RFC 7323 5.5: after 24 days of silence the client's clock has passed half of its numbers and
/// looks old. A device that went on comparing would drop all that the client ever says again.
Task<> weeks_idle_served(Stage& stage) {
    constexpr std::chrono::hours kIdle{25 * 24};
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-2");
    co_await tcp::exchange(stage, client, "TCP-2");
    const std::uint32_t before = client.timestamp_sent();
    co_await stage.sleep(kIdle);
    if (const auto received = co_await client.receive(Duration::zero())) {
        throw NotRunnable(fmt::format("the service ends idle connections: {}",
                                      describe_tcp_flags(received->segment.flags)));
    }
    if (!sequence_before(client.timestamp_now(), before)) {
        throw std::logic_error("a clock of the judge that does not look old");
    }
    co_await tcp::exchange(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_options_cases() {
    tcp::CaseList list;
    list.add("tcp/options/unknown-ignored",
             "A SYN with an option that nobody knows is answered, as if it had none.",
             {"TCP-1", "TCP-2"}, unknown_ignored);
    list.add_both<malformed_harmless>(
        "tcp/options/malformed-harmless",
        "Segments with options of impossible lengths do not reset or stall a connection.",
        {"TCP-2"});
    list.add_both<odd_sack_harmless>(
        "tcp/options/odd-sack-harmless",
        "SACK ranges that cannot be true, and options of lengths that none has, acknowledge "
        "nothing and do no harm.",
        {"TCP-2", "TCP-9"});
    // Where servers say every second how they are, 25 days are millions of frames.
    list.add("tcp/options/weeks-idle-served",
             "After 25 idle days a timestamp that looks old is taken.", {"TCP-2"},
             weeks_idle_served, "base");
    list.add_both<timestamps_echoed>(
        "tcp/options/timestamps-echoed",
        "Each acknowledgment echoes the timestamp of its segment, and its own clock goes on.",
        {"TCP-2", "TCP-17"});
    list.add_both<old_timestamp_dropped>(
        "tcp/options/old-timestamp-dropped",
        "Text with a timestamp older than the last is acknowledged and dropped.", {"TCP-2"});
    return list.take();
}

}  // namespace conform
