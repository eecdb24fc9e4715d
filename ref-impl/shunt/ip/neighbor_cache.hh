// SPDX-License-Identifier: Apache-2.0
// Which station on the link has which IPv4 address: what ARP (RFC 826) has told, for a minute, and
// what is being asked. Bounded; the addresses of farm members are fixed and not open to anybody's
// answers (IP-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::ip {

class NeighborCache {
  public:
    static constexpr std::size_t kKnownMax = 1'024;
    static constexpr std::size_t kAskedMax = 256;
    /// Requests for one address before it counts as silent, and the pause after each: no address
    /// is asked for more than once a second (RFC 1122 2.3.2.1).
    static constexpr int kRequestsMax = 3;
    static constexpr Duration kRequestPause = Duration::seconds(1);
    /// An answer is trusted this long; after that it is still used while it is asked for again.
    static constexpr Duration kFreshFor = Duration::seconds(60);

    enum class Unresolved : std::uint8_t {
        Asking,  // the packet may wait: an answer or a failure will come
        Full     // too many addresses are being asked for
    };

    /// What an ARP packet's sender did to the cache.
    enum class Outcome : std::uint8_t {
        Learned,  // the address has a station now
        Ignored,  // of no interest
        Refused   // it claims a fixed address for another station
    };

    /// Nothing overwrites this entry, and it never expires.
    void set_fixed(wire::Ipv4Address address, wire::MacAddress station);

    /// The station that has the address; begins to ask for it where that is needed.
    Result<wire::MacAddress, Unresolved> resolve(wire::Ipv4Address address, Instant now);

    /// Advice from above that packets to the address get no answer (RFC 1122 3.3.1.4): it counts as
    /// stale, so that the next packet asks anew.
    void doubt(wire::Ipv4Address address, Instant now);

    /// Merges the sender of an ARP packet. Only one that `is_for_us` makes a new entry (RFC 826,
    /// "packet reception").
    Outcome learn(wire::Ipv4Address address, wire::MacAddress station, bool is_for_us, Instant now);

    /// The next address to send an ARP request for.
    std::optional<wire::Ipv4Address> poll_request();
    /// The next address that gave no answer.
    std::optional<wire::Ipv4Address> poll_silent();
    std::optional<Instant> poll_deadline() const;
    void handle_deadline(Instant now);

    std::size_t known() const { return known_.size(); }

  private:
    struct Known {
        wire::MacAddress station;
        Instant fresh_until;
    };
    struct Asked {
        int requests_sent;
        Instant next;
    };

    [[nodiscard]] bool ask(wire::Ipv4Address address, Instant now);
    void make_room();

    // Ordered by address, so that nothing depends on a hash.
    std::map<wire::Ipv4Address, wire::MacAddress> fixed_;
    std::map<wire::Ipv4Address, Known> known_;
    std::map<wire::Ipv4Address, Asked> asked_;
    std::deque<wire::Ipv4Address> requests_;
    std::deque<wire::Ipv4Address> silent_;
};

}  // namespace shunt::ip
