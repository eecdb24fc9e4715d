// SPDX-License-Identifier: Apache-2.0
// A machine with many HTTP clients: one link, one address, a connection per port. Whatever one of
// them is shown that a client must not see is a violation (EP-48).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/siphash.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/client/client_connection.hh"
#include "shunt/sim/host.hh"
#include "shunt/stack/interface.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

struct ClientConfig {
    wire::Ipv4Address address;
    wire::MacAddress mac;
    /// Its network is the link's.
    std::uint8_t prefix_length = 16;
    wire::Ipv4Address service;
    std::uint16_t service_port = 80;
    tcp::Config tcp;
};

class SimClient final : public Host {
  public:
    /// Connection n has port kFirstPort + n.
    static constexpr std::uint16_t kFirstPort = 10'000;
    static constexpr std::size_t kConnectionsMax = 50'000;

    SimClient(const ClientConfig& config, std::vector<ConnectionPlan> plans, std::uint64_t seed,
              ViolationLog& log);

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

    /// Of the how-manyth connection.
    wire::ConnectionTuple tuple_of(std::size_t connection) const {
        return tuple(static_cast<Slot>(connection));
    }
    /// Connections that have all that they asked for and are closed.
    std::size_t finished() const { return finished_; }
    bool is_finished() const { return finished_ == plans_.size(); }
    std::uint64_t verified_bytes() const;
    std::uint64_t responses() const;
    /// A violation for every connection that is not finished: nothing may take for ever.
    void report_unfinished(Instant now);
    /// A crash may have taken what the farm knew of this connection: from now on a reset, or
    /// silence until give_up(), is an end as good as any. What it is sent is still verified.
    void excuse(const wire::ConnectionTuple& tuple);
    /// Excused connections that wait for what nobody will send are aborted.
    void give_up(Instant now);
    /// Of the excused ones, those that did not get what they asked for.
    std::uint64_t aborted() const { return aborted_; }
    /// What has become of the how-manyth connection so far.
    ClientFate fate(std::size_t connection) const;
    bool is_excused(std::size_t connection) const { return is_excused_.at(connection); }
    /// Of the how-manyth connection.
    wire::ConnectionTuple tuple(std::size_t connection) const;
    std::size_t connections() const { return plans_.size(); }
    /// Finished, but for those that may be given up.
    bool is_finished_but_for_excused() const;

  private:
    using Slot = DeadlineHeap::Slot;

    tcp::Identity identity(std::size_t connection) const;
    void open(Slot slot, Instant now);
    void settle(Slot slot, Instant now);
    void count_if_finished(Slot slot);

    ClientConfig config_;
    std::vector<ConnectionPlan> plans_;
    SipKey sequence_key_;
    ViolationLog& log_;
    PacketPool pool_;
    Counters counters_;
    stack::Interface interface_;
    std::vector<std::optional<ClientConnection>> connections_;  // none before its start
    std::vector<bool> is_counted_;
    std::vector<bool> is_excused_;
    DeadlineHeap deadlines_;
    std::size_t finished_ = 0;
    std::size_t excused_ = 0;  // and not finished
    std::uint64_t aborted_ = 0;
};

}  // namespace shunt::sim
