// SPDX-License-Identifier: Apache-2.0
// Fragments become datagrams again (RFC 791 3.2), bounded in memory and time (IP-1). A datagram
// whose fragments contradict each other is refused as a whole: what two readers could read in two
// ways is read by none (RFC 1858, RFC 3128; for IPv6 RFC 5722 demands the same).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/interval_set.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::ip {

class Reassembly {
  public:
    /// Datagrams under way, in all and from one source: one sender does not crowd out the others
    /// (CVE-2018-5391). Each holds one packet buffer.
    static constexpr std::size_t kDatagramsMax = 64;
    static constexpr std::size_t kDatagramsPerSourceMax = 8;
    /// Runs of bytes that are there, with holes between, in one datagram.
    static constexpr std::size_t kRunsMax = 32;
    /// Longest payload that is put together, in bytes; hosts need to take 556 (RFC 1122 3.3.2).
    static constexpr std::size_t kPayloadMax = Packet::kCapacity;
    /// From the first fragment to the last one.
    static constexpr Duration kLifetime = Duration::seconds(30);

    /// `pool` and `counters` outlive it.
    Reassembly(PacketPool& pool, Counters& counters) : pool_(pool), counters_(counters) {}

    /// Takes a fragment; the whole datagram, if this was its last missing one. It has the header
    /// of the first fragment, without options.
    std::optional<Packet> add(const wire::Ipv4View& fragment, Instant now);

    /// When the oldest datagram under way is given up.
    std::optional<Instant> poll_deadline() const;
    void handle_deadline(Instant now);

    /// The first fragment, as far as it was there, of the next datagram that was given up for its
    /// age: its sender is to be told (RFC 1122 3.3.2).
    std::optional<Packet> poll_expired();

    std::size_t size() const { return datagrams_.size(); }

  private:
    /// RFC 791 3.2: these four fields name a datagram.
    struct Key {
        wire::Ipv4Address source;
        wire::Ipv4Address destination;
        wire::IpProtocol protocol;
        std::uint16_t identification;
        auto operator<=>(const Key&) const = default;
    };
    struct Datagram {
        Instant expires;
        std::uint64_t order = 0;  // of arrival: tells the oldest
        Packet payload;
        IntervalSet present;
        std::optional<std::size_t> size;        // known from the last fragment on
        std::optional<wire::Ipv4Header> first;  // header of the first fragment
        bool had_congestion = false;
        bool had_not_capable = false;
        std::size_t fragments = 0;  // held
        bool is_refused = false;    // kept, so that later fragments start nothing new
    };
    using Datagrams = std::map<Key, Datagram>;

    Datagram& find_or_start(const Key& key, Instant now);
    void make_room(wire::Ipv4Address source);
    /// Merges the fragment, or says why it does not go with the others.
    std::optional<Counter> merge(Datagram& datagram, const wire::Ipv4View& fragment);
    /// Counts what is held and the fragment that was the reason.
    void refuse(Datagram& datagram, Counter reason);
    void give_up(Datagrams::iterator datagram, Counter reason);
    void keep_first_fragment(Datagram& datagram);

    PacketPool& pool_;
    Counters& counters_;
    Datagrams datagrams_;
    std::vector<Packet> expired_;  // kDatagramsMax at most between two polls
    std::uint64_t started_ = 0;
};

}  // namespace shunt::ip
