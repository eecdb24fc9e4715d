// SPDX-License-Identifier: Apache-2.0
// A pattern of optional fields over a frame; what is absent does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::sim {

struct FramePattern {
    std::optional<wire::MacAddress> source{};
    std::optional<wire::MacAddress> destination{};
    std::optional<std::uint16_t> ether_type{};
    /// The Type byte of the encapsulation header, 12 bytes behind the Ethernet header.
    std::optional<std::uint8_t> encapsulation_type{};
    /// Control bits of a TCP segment, all of them, e.g. 0x12 for SYN and ACK.
    std::optional<std::uint8_t> tcp_flags{};
    /// A TCP segment with at least this many bytes of data.
    std::optional<std::size_t> tcp_data_min{};

    bool matches(ByteView frame) const;
};

}  // namespace shunt::sim
