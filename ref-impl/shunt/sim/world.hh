// SPDX-License-Identifier: Apache-2.0
// Hosts, segments and virtual time. A world has one thread, one seed and no clock: the same seed
// gives the same deliveries, byte for byte, with every compiler.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/sim/event_queue.hh"
#include "shunt/sim/fault_plan.hh"
#include "shunt/sim/host.hh"
#include "shunt/sim/ids.hh"
#include "shunt/sim/lane.hh"
#include "shunt/sim/observer.hh"
#include "shunt/sim/trace_hash.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::sim {

/// A broadcast domain: a switch that knows who is where and learns nothing.
struct SegmentConfig {
    std::string name;
    /// Largest IP packet in bytes; what is larger does not pass. Encapsulated frames of a full
    /// packet need a few bytes more on real links too (FRM-9 keeps them away).
    std::size_t mtu = 1'500;
    FaultPlan faults;
};

/// What a segment carried and what it refused.
struct SegmentCounts {
    FaultCounts faults;
    std::uint64_t transmitted = 0;
    std::uint64_t delivered = 0;
    std::uint64_t too_long = 0;
    std::uint64_t truncated = 0;
    std::uint64_t unknown_destination = 0;
};

class World {
  public:
    /// How running ended.
    enum class End : std::uint8_t {
        Idle,       ///< Nothing will ever happen again.
        TimeLimit,  ///< The limit has come; now() is the limit.
        Stuck       ///< A host's deadline stays in the past: stuck_host() names it.
    };

    explicit World(std::uint64_t seed) : rng_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    SegmentId add_segment(SegmentConfig config);
    /// The host outlives the last call of step(), run_until() and wake().
    HostId add_host(std::string name, Host& host);
    /// Gives the host its link on the segment; all attachments are made before time passes.
    void attach(HostId host, link::LinkId link, SegmentId segment, wire::MacAddress mac);
    /// Observers see every frame in the order in which they were added.
    void add_observer(Observer& observer) { observers_.push_back(&observer); }

    /// Sends what the host has to send: after an application's verb called from outside.
    void wake(HostId host);
    /// The next delivery or deadline. False: there is none, or a host is stuck.
    bool step();
    /// Everything up to and at `limit`.
    End run_until(Instant limit);

    Instant now() const { return now_; }
    /// When step() will act next.
    std::optional<Instant> next_event() const;
    std::uint64_t deliveries() const { return deliveries_; }
    const TraceHash& trace() const { return trace_; }
    const SegmentCounts& counts(SegmentId segment) const;
    std::string_view name(HostId host) const;
    std::string_view name(SegmentId segment) const;
    std::optional<HostId> stuck_host() const { return stuck_host_; }
    /// Frames of this world live in it; hosts may keep them as long as the world lives.
    PacketPool& pool() { return pool_; }

  private:
    /// A host whose deadline is due this often at one instant will not stop by itself.
    static constexpr std::uint32_t kDeadlinesPerInstantMax = 100'000;

    struct Attachment {
        SegmentId segment{};
        std::size_t port = 0;
    };
    struct Member {
        std::string name;
        Host* host = nullptr;
        std::array<std::optional<Attachment>, link::kLinkCount> attachments;
        std::optional<Instant> deadline;
        Instant last_deadline{};
        std::uint32_t deadlines_at_last = 0;
    };
    struct Port {
        HostId host{};
        link::LinkId link{};
        wire::MacAddress mac;
        std::vector<Lane> lanes_to;  // by port of the receiver
    };
    struct Segment {
        SegmentConfig config;
        std::vector<Port> ports;
        std::vector<std::uint64_t> matches;  // of each drop order
        SegmentCounts counts;
    };

    std::optional<HostId> earliest_host() const;
    void deliver(Delivery delivery);
    void expire(HostId host);
    void transmit(HostId from, const link::OutgoingFrame& outgoing);
    void send_to_port(Segment& segment, Port& source, std::size_t port, ByteView frame);
    static bool is_ordered_dropped(Segment& segment, ByteView frame);

    PacketPool pool_;  // first: it outlives the queue
    Rng rng_;
    Instant now_{};
    EventQueue queue_;
    std::vector<Member> members_;
    std::vector<Segment> segments_;
    std::vector<Observer*> observers_;
    TraceHash trace_;
    std::uint64_t deliveries_ = 0;
    std::optional<HostId> stuck_host_;
};

}  // namespace shunt::sim
