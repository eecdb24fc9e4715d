// SPDX-License-Identifier: Apache-2.0
// A machine with one TCP connection, its application, and no stack around it: frames are Ethernet,
// IPv4 and TCP, and neighbours are known. What the engine does is not veiled by anything else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/host.hh"
#include "shunt/sim/pair/stream_application.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/reset.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {

struct PairHostConfig {
    wire::MacAddress mac;
    wire::MacAddress peer_mac;
    tcp::Identity identity;
    tcp::Chance chance;
    tcp::Config tcp;
    StreamPlan stream;
    /// Opens actively at its first deadline; else it waits for a SYN.
    bool does_open = false;
    /// A defect, by which checkers are tested: changes the frames that it sends. Empty: none.
    std::function<void(Packet& frame)> falsify;
};

class PairHost final : public Host {
  public:
    PairHost(const PairHostConfig& config, Instant now, ViolationLog& log);

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

    /// Null before the SYN.
    const tcp::Connection* connection() const { return connection_ ? &*connection_ : nullptr; }
    const StreamApplication& application() const { return application_; }
    const PairHostConfig& config() const { return config_; }
    /// Everything was sent, received and verified, and the connection is over or in TIME-WAIT.
    bool is_finished() const;
    /// When application().has_all() became true.
    std::optional<Instant> completed_at() const { return completed_at_; }
    /// Segments that the engine dropped, whatever for.
    std::uint64_t dropped_segments() const { return dropped_segments_; }

  private:
    void handle_icmp(const wire::Ipv4View& packet, Instant now);
    void advance(Instant now);

    PairHostConfig config_;
    ViolationLog& log_;
    PacketPool pool_;
    StreamApplication application_;
    std::optional<tcp::Connection> connection_;
    std::optional<tcp::Reset> reset_;  // the answer to a segment without a connection
    std::optional<Instant> opening_;
    std::optional<Instant> completed_at_;
    std::uint64_t dropped_segments_ = 0;
};

}  // namespace shunt::sim
