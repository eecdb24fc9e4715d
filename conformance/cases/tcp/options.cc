// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-2, TCP-17: options that nobody knows, that are malformed, and timestamps.
#include <fmt/format.h>

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
constexpr std::size_t kTimestampsSize = 10;

/// Where the timestamps stand in a packet that has them.
std::size_t find_timestamps(const Bytes& packet) {
    for (std::size_t at = kOptions; at + kTimestampsSize <= packet.size(); ++at) {
        if (packet[at] == kTimestamps && packet[at + 1] == kTimestampsSize) return at;
    }
    throw std::logic_error("a SYN of the judge without timestamps");
}

/// RFC 9293 3.1, MUST-6: an option that it does not know is skipped by its length.
Task<> unknown_ignored(Stage& stage) {
    constexpr std::uint8_t kExperiment = 253;  // RFC 4727
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    Bytes packet = encode_tcp_packet(client.make_syn());
    packet[find_timestamps(packet)] = kExperiment;
    repair_tcp_checksum(packet);
    client.count_sent(client.make_syn());
    client.carry(packet);
    const SegmentPattern answer{.flags = kSynAck, .acknowledgment = 1, .has_timestamps = false};
    const ReceivedSegment received =
        co_await client.expect("TCP-2", answer, stage.iut().timers.answer);
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
        packet[find_timestamps(packet) + 1] = length;
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
