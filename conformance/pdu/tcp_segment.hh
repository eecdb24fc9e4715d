// SPDX-License-Identifier: Apache-2.0
/// A TCP segment in its IPv4 packet, as a value (RFC 9293 3.1, RFC 791 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/address.hh"

namespace conform {

namespace tcp_flag {
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kRst = 0x04;
constexpr std::uint8_t kPsh = 0x08;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint8_t kUrg = 0x20;
constexpr std::uint8_t kEce = 0x40;
constexpr std::uint8_t kCwr = 0x80;
}  // namespace tcp_flag

/// "SYN,ACK"; "none" for no flag.
std::string describe_tcp_flags(std::uint8_t flags);

struct TcpTimestamps {
    std::uint32_t value = 0;  ///< TSval
    std::uint32_t echo = 0;   ///< TSecr
    bool operator==(const TcpTimestamps&) const = default;
};

/// A range of sequence numbers that has been received (RFC 2018 3).
struct SackRange {
    std::uint32_t left = 0;
    std::uint32_t right = 0;  ///< the number behind the last
    bool operator==(const SackRange&) const = default;
};

struct TcpSegment {
    SocketAddress source;
    SocketAddress destination;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint8_t flags = 0;
    std::uint8_t reserved = 0;  ///< the four bits behind the data offset
    std::uint16_t window = 0;   ///< as it stands in the header, not scaled
    std::uint16_t urgent_pointer = 0;
    std::optional<std::uint16_t> mss{};
    std::optional<std::uint8_t> window_scale{};
    bool is_sack_permitted = false;
    std::optional<TcpTimestamps> timestamps{};
    std::vector<SackRange> sack{};
    Bytes payload{};

    // The IPv4 header around it.
    std::uint8_t type_of_service = 0;
    std::uint8_t time_to_live = 64;
    std::uint16_t identification = 0;
    bool is_fragmentation_forbidden = true;  ///< DF
    Bytes ip_options{};                      ///< a multiple of four bytes

    bool has(std::uint8_t flag) const { return (flags & flag) == flag; }
    /// Bytes of sequence space: payload, SYN and FIN.
    std::uint32_t length() const {
        return static_cast<std::uint32_t>(payload.size()) + (has(tcp_flag::kSyn) ? 1 : 0) +
               (has(tcp_flag::kFin) ? 1 : 0);
    }
};

}  // namespace conform
