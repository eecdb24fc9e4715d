// SPDX-License-Identifier: Apache-2.0
// The 10 byte header that a tap (IFF_VNET_HDR) or packet socket (PACKET_VNET_HDR) puts before a
// frame (virtio 1.2, 5.1.6): what the sender left to an offload. TCP/IPv4 stays as it is and says
// so (Unfinished); other checksums are completed here. linux/virtio_net.h is no valid C++, hence
// named offsets.
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
    /// What the offload is to cut the frame into.
    enum class Train : std::uint8_t { None, TcpIpv4, Other };

    static VnetHeader parse(const VnetHeaderBytes& bytes);
    /// What goes before a frame of ours: all zero if it is finished.
    static VnetHeaderBytes for_sending(const Packet& frame);

    /// The checksum field holds the pseudo header's sum only; the rest is to be added.
    bool needs_checksum = false;
    /// The frame is a train of segments that the sender's offload was to cut (TSO, GSO).
    Train train = Train::None;
    /// Bytes of text in each of them.
    std::uint16_t segment_size = 0;
    /// Where summing begins, and where behind that the sum is stored; bytes from the frame's start.
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;
};

/// Sums from `start` to the end and stores the complement at start + offset (RFC 1071; a UDP sum
/// of zero is sent as all ones, RFC 768). False and no change if that lies outside of the frame.
bool complete_checksum(MutableBytes frame, std::size_t start, std::size_t offset);

/// Makes the frame one as it would be on a wire, or one of TCP/IPv4 that is marked as unfinished,
/// or says which drop it is.
std::optional<Counter> apply(const VnetHeader& header, Packet& frame);

}  // namespace shunt::runtime
