// SPDX-License-Identifier: Apache-2.0
// What a link's offload would do, in software: a train of segments in one packet is cut into the
// packets that go on a wire, and a checksum that was left open is completed.
#pragma once

#include <cstddef>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"

namespace shunt::stack {

/// Cuts one TCP/IPv4 packet. Each piece has the packet's headers but for what is its own: sequence
/// number, identification (one up from piece to piece, RFC 6864 4.1), lengths, checksums. FIN and
/// PSH are of the last piece, CWR is of the first (RFC 3168 6.1.2); the rest is of every one.
class Segmentation {
  public:
    /// `frame` outlives this. It has `link_header_size` bytes before its IPv4 header, which go
    /// before each piece. An unfinished packet comes from this host or from a device that has
    /// looked: its headers are whole TCP/IPv4.
    Segmentation(ByteView frame, std::size_t link_header_size, const Unfinished& unfinished,
                 PacketPool& pool);

    /// The next piece, ready for a wire; nothing behind the last one.
    std::optional<Packet> next();

  private:
    ByteView link_header_;
    ByteView ip_header_;
    ByteView tcp_header_;
    ByteView text_;
    std::size_t segment_size_;
    std::size_t offset_ = 0;
    std::uint16_t index_ = 0;
    bool is_done_ = false;
    PacketPool& pool_;
};

/// Completes the checksum of a packet that is one segment, in place; `frame` as above.
void complete_checksum(Packet& frame, std::size_t link_header_size);

/// Bytes of the longest packet that comes out, from its IPv4 header on; `packet` begins at its own.
std::size_t longest_piece(const Packet& packet);

}  // namespace shunt::stack
