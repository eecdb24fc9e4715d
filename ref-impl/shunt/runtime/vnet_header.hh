// SPDX-License-Identifier: Apache-2.0
// The 10 byte header that a tap (IFF_VNET_HDR) or packet socket (PACKET_VNET_HDR) puts before a
// frame (virtio 1.2, 5.1.6), and the one thing that we do about it: complete a checksum that the
// kernel left partial. linux/virtio_net.h is no valid C++, hence named offsets here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"

namespace shunt::runtime {

inline constexpr std::size_t kVnetHeaderSize = 10;
using VnetHeaderBytes = std::array<std::uint8_t, kVnetHeaderSize>;

/// What is announced about one frame. The fields are in the machine's byte order.
struct VnetHeader {
    static VnetHeader parse(const VnetHeaderBytes& bytes);

    /// The checksum field holds the pseudo header's sum only; the rest is to be added.
    bool needs_checksum = false;
    /// The frame is a train of segments that the sender's offload was to cut (TSO, GSO).
    bool is_segmented_later = false;
    /// Where summing begins, and where behind that the sum is stored; bytes from the frame's start.
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;
};

/// Sums from `start` to the end and stores the complement at start + offset (RFC 1071; a UDP sum
/// of zero is sent as all ones, RFC 768). False and no change if that lies outside of the frame.
bool complete_checksum(MutableBytes frame, std::size_t start, std::size_t offset);

/// Makes the frame one as it would be on a wire, or says which drop it is.
std::optional<Counter> apply(const VnetHeader& header, Packet& frame);

}  // namespace shunt::runtime
