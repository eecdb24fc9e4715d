// SPDX-License-Identifier: Apache-2.0
#include "encapsulation/frame_oracle.hh"

namespace shunt::fuzz {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::uint8_t kTcp = 1;
constexpr std::uint8_t kUdp = 2;

// One's complement sum of 16 bit words, as slowly as RFC 1071 explains it.
bool sums_to_ones(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint32_t byte = bytes[i];
        sum += i % 2 == 0 ? byte << 8 : byte;
        if (sum > 0xFFFF) sum -= 0xFFFF;
    }
    return sum == 0xFFFF;
}

// The length field's value, if all that it counts is there.
std::optional<std::size_t> counted(ByteView payload) {
    if (payload.size() < 2) return std::nullopt;
    const std::size_t count = std::size_t{payload[0]} * 256 + payload[1];
    if (count + 2 > payload.size()) return std::nullopt;
    return count;
}

std::optional<std::size_t> if_counted(ByteView payload, bool (*fits)(std::size_t)) {
    const auto count = counted(payload);
    if (!count || !fits(*count)) return std::nullopt;
    return *count + 2;
}

// The payload's size by Type and Protocol (FRM-5); nothing if it is not all there.
std::optional<std::size_t> payload_size(std::uint8_t type, std::uint8_t protocol, ByteView payload,
                                        bool is_extended) {
    switch (type) {
        case 0x01: {
            const std::size_t udp = is_extended ? 10 : 6;
            const std::size_t size = protocol == kTcp ? 146 : udp;
            return payload.size() < size ? std::nullopt : std::optional(size);
        }
        case 0x02: {
            if (payload.size() < 20) return std::nullopt;
            const std::size_t size = std::size_t{payload[2]} * 256 + payload[3];
            return payload.size() < size ? std::nullopt : std::optional(size);
        }
        case 0x03:
            if (!is_extended) return 0;
            return if_counted(payload, [](std::size_t n) { return n == 18; }).value_or(0);
        case 0x10:
            return if_counted(payload, [](std::size_t n) { return n == 16; });
        case 0x11:
        case 0x14:
            return if_counted(payload, [](std::size_t n) { return n == 18; });
        case 0x12:
            return if_counted(payload, [](std::size_t n) { return n >= 20; });
        case 0x13:
            return if_counted(payload, [](std::size_t n) { return n == 17; });
        case 0x15:
            return if_counted(payload, [](std::size_t n) {
                return n > 14 && (n - 14) % 9 == 0 && (n - 14) / 9 <= 32;
            });
        default:
            return std::nullopt;
    }
}

bool is_type(std::uint8_t type, bool is_extended) {
    return (type >= 0x01 && type <= 0x03) || (is_extended && type >= 0x10 && type <= 0x15);
}

FrameVerdict bad(Counter counter) {
    return {.is_good = false, .counter = counter, .size = 0};
}

}  // namespace

FrameVerdict judge_frame(ByteView bytes, wire::ProtocolSet set) {
    const bool is_extended = set == wire::ProtocolSet::Extended;
    if (bytes.size() < kHeader) return bad(Counter::DropEncapsulationTruncated);
    const std::uint8_t type = bytes[12];
    const std::uint8_t protocol = bytes[13];
    if (!is_type(type, is_extended)) return bad(Counter::DropEncapsulationType);
    const bool is_protocol = protocol == kTcp || protocol == kUdp;
    if (!is_protocol && type == 0x01) return {};
    const auto payload = payload_size(type, protocol, bytes.subspan(kHeader), is_extended);
    if (!payload) return bad(Counter::DropEncapsulationLength);
    const bool covers_payload = type != 0x02;
    bool is_sum_right = sums_to_ones(bytes.first(kHeader + (covers_payload ? *payload : 0)));
    // What an extended sender appends to 0x03 is padding to a base receiver, so it may be left out.
    if (type == 0x03) is_sum_right = is_sum_right || sums_to_ones(bytes.first(kHeader));
    if (!is_sum_right) return bad(Counter::DropEncapsulationChecksum);
    if (!is_protocol) return bad(Counter::DropEncapsulationProtocol);
    return {.is_good = true, .counter = std::nullopt, .size = kHeader + *payload};
}

}  // namespace shunt::fuzz
