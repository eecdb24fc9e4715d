// SPDX-License-Identifier: Apache-2.0
/// Patterns of optional fields: absent means "any". Trivially copyable, so that they live in
/// coroutine frames without surprises.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pdu/encapsulation.hh"
#include "pdu/tcp_segment.hh"

namespace conform {

struct Mismatch {
    std::string expected;  ///< "sequence 1"
    std::string actual;    ///< "0"
};

/// Numbers are relative to the handshake: the SYN/ACK has sequence 0, the first data byte 1.
struct SegmentPattern {
    /// Exactly these of SYN, ACK, FIN and RST; PSH, URG and ECN bits are free.
    std::optional<std::uint8_t> flags{};
    std::optional<std::uint32_t> sequence{};
    std::optional<std::uint32_t> acknowledgment{};
    std::optional<std::size_t> payload_size{};
    std::optional<bool> has_payload{};
    std::optional<bool> has_timestamps{};
};

struct EncapsulationPattern {
    std::optional<EncapsulationType> type{};
    std::optional<std::uint8_t> protocol{};
    std::optional<SocketAddress> source{};
    std::optional<SocketAddress> destination{};
};

/// `segment` has relative numbers; empty: it matches.
std::vector<Mismatch> compare(const SegmentPattern& pattern, const TcpSegment& segment);
std::vector<Mismatch> compare(const EncapsulationPattern& pattern, const Encapsulation& header);

/// "SYN,ACK with acknowledgment 1", for messages about what did not come.
std::string describe(const SegmentPattern& pattern);
std::string describe(const EncapsulationPattern& pattern);

}  // namespace conform
