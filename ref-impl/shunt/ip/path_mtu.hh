// SPDX-License-Identifier: Apache-2.0
// What the ways to distant hosts carry, as ICMP has told (RFC 1191): for new connections to a host
// whose older ones have learned it. Bounded, and forgotten after a while, for ways change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "shunt/base/time.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::ip {

class PathMtuCache {
  public:
    static constexpr std::size_t kEntriesMax = 1'024;
    /// RFC 1191 6.3: ten minutes, then a larger one is tried again.
    static constexpr Duration kLifetime = Duration::seconds(600);

    /// `mtu` in bytes, whose truth the connection has checked (RFC 5927, TCP-13). When there is no
    /// room the oldest entry goes.
    void learn(wire::Ipv4Address destination, std::uint16_t mtu, Instant now);
    std::optional<std::uint16_t> find(wire::Ipv4Address destination, Instant now) const;

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::uint16_t mtu;
        Instant learned;
    };
    // Ordered by address, so that nothing depends on a hash.
    std::map<wire::Ipv4Address, Entry> entries_;
};

}  // namespace shunt::ip
