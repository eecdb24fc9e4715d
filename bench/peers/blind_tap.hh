// SPDX-License-Identifier: Apache-2.0
// What the blind programs of bench/peers have in common: a tap, and frames of one TCP connection
// that are read and written without looking further than a header.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace bench::peers {

inline constexpr std::size_t kFrameMax = 65'536 + 18;
inline constexpr std::size_t kEthernet = 14;
inline constexpr std::size_t kIp = kEthernet + 20;  // the kernel's segments have no IP options
inline constexpr std::size_t kTcp = 20;
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kReset = 0x04;
inline constexpr std::uint8_t kAck = 0x10;

using Frame = std::array<std::uint8_t, kFrameMax>;

template <typename Value>
Value load(const Frame& frame, std::size_t offset) {
    Value value = 0;
    std::memcpy(&value, frame.data() + offset, sizeof value);
    return value;
}

template <typename Value>
void store(Frame& frame, std::size_t offset, Value value) {
    std::memcpy(frame.data() + offset, &value, sizeof value);
}

/// A segment that came, as far as it is looked at.
struct Segment {
    std::uint8_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint16_t window = 0;  // as sent, not scaled
    std::string_view text;
};

/// Nothing for what is no TCP segment over IPv4. `size` counts the frame's bytes.
std::optional<Segment> read_segment(const Frame& frame, std::size_t size);

/// The scale of the window that a SYN offers; 0 where it has none.
std::uint8_t window_scale(const Frame& syn);

/// What goes into the header of an answer.
struct Answer {
    std::uint8_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    /// Behind the header; not in the frame if it is unfinished.
    std::string_view text;
    /// The checksum field gets the pseudo header's sum, and the kernel does the rest.
    bool is_unfinished = false;
};

/// The frame that came turned round, as an answer; returns its size, without an unfinished text.
std::size_t write_answer(Frame& out, const Frame& to, const Answer& answer);

/// An open tap that does not block; -1 with errno. With `has_offload` frames have a header of
/// virtio before them and may be 64 KiB long.
int open_tap(const char* name, bool has_offload);

}  // namespace bench::peers
