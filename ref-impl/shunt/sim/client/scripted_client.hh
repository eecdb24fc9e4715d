// SPDX-License-Identifier: Apache-2.0
// A machine of a world whose connections do what a script says: open, send, read, close.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/siphash.hh"
#include "shunt/sim/host.hh"
#include "shunt/stack/interface.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

class ScriptedClient final : public sim::Host {
  public:
    using Number = std::uint32_t;

    /// Connection n has port kFirstPort + n.
    static constexpr std::uint16_t kFirstPort = 20'000;
    static constexpr std::size_t kConnectionsMax = 40'000;
    /// Bytes of one connection that are kept: to be sent, and received.
    static constexpr std::size_t kUnsentMax = 64 << 20;
    static constexpr std::size_t kReceivedMax = 256 << 20;

    /// What a script sees of a connection.
    struct Connection {
        tcp::Connection tcp;
        std::vector<std::uint8_t> unsent;
        std::vector<std::uint8_t> received;
        bool is_reset = false;
        bool is_timed_out = false;
        bool has_peer_finished = false;
        bool is_closing = false;
    };

    /// 10.7.0.10 of the standard plan's client network.
    static wire::Ipv4Address address();
    static wire::MacAddress mac();

    explicit ScriptedClient(std::uint64_t seed);

    /// Fewer than kConnectionsMax are open.
    Number open(wire::Ipv4Address service, std::uint16_t port, Instant now);
    /// At most kUnsentMax bytes wait with these, and close() was not called.
    void send(Number number, ByteView bytes, Instant now);
    /// Once all is sent.
    void close(Number number, Instant now);
    void abort(Number number, Instant now);

    std::size_t size() const { return connections_.size(); }
    const Connection& connection(Number number) const { return connections_.at(number); }
    wire::ConnectionTuple tuple(Number number) const;

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

  private:
    void settle(Number number, Instant now);
    void note_events(Connection& connection);

    SipKey sequence_key_;
    PacketPool pool_;
    Counters counters_;
    tcp::Config tcp_config_;
    stack::Interface interface_;
    std::deque<Connection> connections_;
    DeadlineHeap deadlines_;
};

}  // namespace shunt::sim
