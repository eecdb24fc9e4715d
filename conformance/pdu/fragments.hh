// SPDX-License-Identifier: Apache-2.0
/// IPv4 fragments (RFC 791 3.2), made and put together.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/frame.hh"

namespace conform {

/// Fragment offset in bytes, and whether more follow.
struct FragmentPlace {
    std::size_t offset = 0;
    bool has_more = false;
    bool is_whole() const { return offset == 0 && !has_more; }
};
FragmentPlace fragment_place(const Ipv4Packet& packet);

/// What stands behind the IPv4 header.
ByteView ip_payload_of(ByteView packet);

/// The part of `packet`'s payload from `from` to `to` as a packet of its own. `from` is a multiple
/// of eight.
Bytes make_fragment(ByteView packet, std::size_t from, std::size_t to);
/// The packet that `fragment` is of, whose whole payload is this.
Bytes assemble_packet(ByteView fragment, ByteView payload);
/// All of it, in fragments that carry `size` bytes each; a multiple of eight.
std::vector<Bytes> split_packet(ByteView packet, std::size_t size);

/// Puts fragments together that neither overlap nor contradict each other.
class Reassembly {
  public:
    /// The payload of the datagram that `fragment` completes.
    std::optional<Bytes> add(const Ipv4Packet& fragment);

  private:
    struct Parts {
        std::map<std::size_t, Bytes> by_offset;
        std::optional<std::size_t> size;
    };
    using Key = std::tuple<Ipv4Address, Ipv4Address, std::uint8_t, std::uint16_t>;
    std::map<Key, Parts> datagrams_;
};

}  // namespace conform
