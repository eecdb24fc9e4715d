// SPDX-License-Identifier: Apache-2.0
#include "script/flow.hh"

#include <fmt/format.h>

#include "pdu/build.hh"
#include "pdu/sequence.hh"
#include "script/addresses.hh"
#include "script/line_words.hh"

namespace conform {
namespace {

// Offsets of the tester's numbers, so that no number is right by being 0.
constexpr std::uint32_t kTimestampBase = 70'000'000;
constexpr std::uint32_t kTimestampStart = 1'000;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kTcpChecksumOffset = 16;
constexpr std::size_t kQuotedTransport = 8;
constexpr std::uint8_t kScaleMax = 14;   // RFC 7323 2.3
constexpr std::size_t kOptionsMax = 40;  // RFC 9293 3.1

char pattern_letter(char first, RelativeNumber sequence) {
    const RelativeNumber index = (sequence - 1) % 26;
    return static_cast<char>(first + (index < 0 ? index + 26 : index));
}

std::size_t options_size(const TcpSegment& segment) {
    const std::size_t sack = segment.sack.empty() ? 0 : 2 + 8 * segment.sack.size();
    return (segment.mss ? 4U : 0U) + (segment.window_scale ? 3U : 0U) +
           (segment.is_sack_permitted ? 2U : 0U) + (segment.timestamps ? 10U : 0U) + sack;
}

std::string flags_without_push(const TcpSegment& segment) {
    return describe_tcp_flags(static_cast<std::uint8_t>(segment.flags & ~tcp_flag::kPsh));
}

const char* ecn_name(std::uint8_t codepoint) {
    constexpr const char* kNames[] = {"", "ect1", "ect0", "ce"};
    return kNames[codepoint & 3U];
}

}  // namespace

std::uint32_t Flow::absolute(RelativeNumber number, std::uint32_t base) const {
    return base + static_cast<std::uint32_t>(number);
}

std::string Flow::text_of(const SegmentStep& step, RelativeNumber sequence) const {
    if (!step.text.empty()) return step.text;
    std::string text;
    const RelativeNumber first = sequence + ((step.flags & tcp_flag::kSyn) != 0 ? 1 : 0);
    for (std::size_t at = 0; at < step.text_length; ++at)
        text += pattern_letter('a', first + static_cast<RelativeNumber>(at));
    return text;
}

Bytes Flow::make(const SegmentStep& step, Duration time) {
    TcpSegment segment;
    segment.source = self_.port == 0 ? SocketAddress{kTesterAddress, kTesterPort} : self_;
    segment.destination = device_.port == 0 ? SocketAddress{kDeviceAddress, kServicePort} : device_;
    segment.flags = step.flags;
    const bool is_syn = segment.has(tcp_flag::kSyn);
    const RelativeNumber sequence = step.sequence.value_or(is_syn ? 0 : tester_next_);
    segment.sequence = absolute(sequence, tester_base_);
    if (segment.has(tcp_flag::kAck) || step.acknowledgment) {
        segment.acknowledgment = absolute(step.acknowledgment.value_or(device_next_), device_base_);
    }
    window_ = step.window.value_or(window_);
    segment.window = window_;
    segment.urgent_pointer = step.urgent.value_or(0);
    segment.mss = step.mss;
    segment.window_scale = step.scale;
    segment.is_sack_permitted = step.is_sack_permitted;
    segment.type_of_service = step.ecn;
    segment.payload = to_bytes(text_of(step, sequence));
    for (const auto& [left, right] : step.sack)
        segment.sack.push_back({absolute(left, device_base_), absolute(right, device_base_)});
    if (is_syn) {
        has_offered_timestamps_ = step.timestamps.has_value();
        has_offered_scale_ = step.scale.has_value();
    }
    if (step.timestamps || (!is_syn && has_timestamps_ && !step.has_no_timestamps)) {
        const ScriptTimestamps wanted = step.timestamps.value_or(ScriptTimestamps{});
        const auto clock = static_cast<std::uint32_t>(milliseconds_of(time)) + kTimestampStart;
        segment.timestamps = TcpTimestamps{kTimestampBase + wanted.value.value_or(clock),
                                           wanted.echo.value_or(device_timestamp_)};
    }
    if (const std::size_t size = options_size(segment); size > kOptionsMax) {
        throw ScriptError(
            fmt::format("options of {} octets, a header has room for {}; timestamps "
                        "that the SYNs agreed on are 10 of them (ts off)",
                        size, kOptionsMax));
    }
    tester_next_ = std::max(tester_next_, sequence + static_cast<RelativeNumber>(segment.length()));
    Bytes packet = encode_tcp_packet(segment);
    if (step.has_bad_checksum) packet[kIpv4HeaderSize + kTcpChecksumOffset] ^= 0x55U;
    return packet;
}

/// The quoted packet is a header and eight octets, as RFC 792 has it.
Bytes Flow::make(const IcmpStep& step) const {
    TcpSegment quoted;
    quoted.source = device_.port == 0 ? SocketAddress{kDeviceAddress, kServicePort} : device_;
    quoted.destination = self_.port == 0 ? SocketAddress{kTesterAddress, kTesterPort} : self_;
    quoted.sequence = absolute(step.sequence.value_or(device_last_), device_base_);
    quoted.flags = tcp_flag::kAck;
    IcmpMessage message;
    message.source = kTesterAddress;
    message.destination = kDeviceAddress;
    message.type = step.type;
    message.code = step.code;
    message.sequence = step.mtu;
    const Bytes packet = encode_tcp_packet(quoted);
    message.payload.assign(packet.begin(), packet.begin() + kIpv4HeaderSize + kQuotedTransport);
    return encode_icmp_packet(message);
}

std::string Flow::device_text(std::size_t count) {
    std::string text;
    for (std::size_t at = 0; at < count; ++at)
        text += pattern_letter('A', static_cast<RelativeNumber>(++device_text_));
    return text;
}

void Flow::learn(const TcpSegment& segment) {
    device_ = segment.source;
    self_ = segment.destination;
    if (segment.has(tcp_flag::kSyn)) {
        if (!is_device_known_ || segment.sequence != device_base_) {
            device_base_ = segment.sequence;
            device_next_ = 0;
            right_edge_.reset();
        }
        is_device_known_ = true;
        has_timestamps_ = segment.timestamps.has_value();
        device_scale_ = std::min(segment.window_scale.value_or(0), kScaleMax);
    }
    if (segment.timestamps) device_timestamp_ = segment.timestamps->value;
    device_last_ = sequence_distance(device_base_, segment.sequence);
    const RelativeNumber end = device_last_ + static_cast<RelativeNumber>(segment.length());
    if (device_last_ <= device_next_ && !segment.has(tcp_flag::kRst)) {
        device_next_ = std::max(device_next_, end);
    }
}

void Flow::note_numbers(const TcpSegment& segment, Event& event) const {
    const RelativeNumber sequence = sequence_distance(device_base_, segment.sequence);
    // A reset that answers an acknowledgment takes its number; with none it is 0 as it stands.
    const bool is_bare_zero = segment.has(tcp_flag::kRst) && segment.sequence == 0;
    event.fields["seq"] = is_bare_zero ? "zero" : fmt::format("{}", sequence);
    if (segment.has(tcp_flag::kAck)) {
        event.fields["ack"] =
            fmt::format("{}", sequence_distance(tester_base_, segment.acknowledgment));
    }
    if (!segment.payload.empty()) event.fields["len"] = fmt::format("{}", segment.payload.size());
    if (segment.has(tcp_flag::kUrg)) {
        event.fields["urgent"] = fmt::format("{}", segment.urgent_pointer);
    }
    for (std::size_t at = 0; at < segment.payload.size(); ++at) {
        const char wanted = pattern_letter('A', sequence + static_cast<RelativeNumber>(at));
        if (static_cast<char>(segment.payload[at]) != wanted) event.fields["fault"] = "text";
    }
    if (!segment.sack.empty()) {
        std::string ranges;
        for (const SackRange& range : segment.sack) {
            ranges += fmt::format("{}{}-{}", ranges.empty() ? "" : ",",
                                  sequence_distance(tester_base_, range.left),
                                  sequence_distance(tester_base_, range.right));
        }
        event.fields["sack"] = ranges;
    }
}

void Flow::note_options(const TcpSegment& segment, Event& event) {
    if (segment.mss) event.fields["mss"] = fmt::format("{}", *segment.mss);
    if (segment.window_scale) event.fields["scale"] = fmt::format("{}", *segment.window_scale);
    if (segment.is_sack_permitted) event.fields["sack-permitted"] = "yes";
    if (segment.timestamps) {
        event.fields["ts"] = "yes";
        const bool has_echo = segment.has(tcp_flag::kAck);
        if (has_echo) {
            const std::uint32_t echo = segment.timestamps->echo;
            event.fields["ecr"] = echo == 0 ? "zero" : fmt::format("{}", echo - kTimestampBase);
        }
    }
    const char* ecn = ecn_name(segment.type_of_service);
    if (*ecn != '\0') event.fields["ecn"] = ecn;
    if (segment.has(tcp_flag::kPsh)) event.fields["push"] = "yes";
}

void Flow::note_window(const TcpSegment& segment, Event& event) {
    if (segment.has(tcp_flag::kRst)) return;
    const bool is_syn = segment.has(tcp_flag::kSyn);
    event.fields["win"] = fmt::format("{}", segment.window);
    if (!segment.has(tcp_flag::kAck)) return;
    const std::uint8_t shift = is_syn || !has_offered_scale_ ? 0 : device_scale_;
    const RelativeNumber edge = sequence_distance(tester_base_, segment.acknowledgment) +
                                (RelativeNumber{segment.window} << shift);
    // Rounding by the scale may take less than one unit of it (RFC 7323 2.4).
    if (right_edge_ && edge + (RelativeNumber{1} << shift) <= *right_edge_) {
        event.fields["window"] = "shrinks";
    }
    right_edge_ = std::max(right_edge_.value_or(edge), edge);
}

std::optional<Event> Flow::hear(const Frame& frame) {
    if (!frame.ipv4) return std::nullopt;
    Event event;
    if (!frame.faults.empty()) event.fields["fault"] = "\"" + frame.faults.front().message() + "\"";
    if (frame.ipv4->icmp) {
        event.head = "ICMP";
        event.fields["icmp"] = fmt::format("{}/{}", frame.ipv4->icmp->type, frame.ipv4->icmp->code);
        return event;
    }
    if (!frame.ipv4->tcp) return std::nullopt;
    const TcpSegment& segment = *frame.ipv4->tcp;
    learn(segment);
    event.head = flags_without_push(segment);
    note_numbers(segment, event);
    note_options(segment, event);
    note_window(segment, event);
    return event;
}

}  // namespace conform
