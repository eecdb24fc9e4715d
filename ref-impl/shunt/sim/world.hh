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

#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/sim/event_queue.hh"
#include "shunt/sim/fault_plan.hh"
#include "shunt/sim/host.hh"
#include "shunt/sim/host_clock.hh"
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
    /// The sender of a packet that is longer and must not be fragmented hears of it (RFC 1191 4).
    bool says_too_long = false;
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
    /// Held by no buffer any more: of a paused host, of a clogged lane.
    std::uint64_t buffer_full = 0;
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
    /// Nothing happens until then; at most the time of the next event.
    void wait_until(Instant time);

    // world_troubles.cc: what befalls links and hosts while time passes.

    /// From now on; orders begin to count anew.
    void set_faults(SegmentId segment, FaultPlan faults);
    void set_mtu(SegmentId segment, std::size_t mtu);
    /// The direction between two hosts of the segment. What waits in a clogged lane goes on its way
    /// when the lane opens, and is lost when it is cut.
    void set_passage(SegmentId segment, HostId from, HostId to, Lane::Passage passage);
    /// Frames wait for the host, as many as kPausedFramesMax, and its deadlines pass.
    void pause(HostId host);
    void resume(HostId host);
    /// From now on nothing reaches the host; its frames on their way arrive. It stays where it is
    /// until the world ends.
    void crash(HostId host);
    /// `fresh` takes the place of the host that crashed: links, addresses and clock are the same.
    void restart(HostId host, Host& fresh);
    /// To forward its clock by `forward` >= 0, and to let it gain from now on (HostClock).
    void jump_clock(HostId host, Duration forward);
    void run_clock_fast(HostId host, std::uint32_t parts_per_million);
    bool is_down(HostId host) const { return members_.at(index_of(host)).is_down; }

    Instant now() const { return now_; }
    /// What the host takes for now().
    Instant host_now(HostId host) const { return members_.at(index_of(host)).clock.read(now_); }
    /// When step() will act next.
    std::optional<Instant> next_event() const;
    std::uint64_t deliveries() const { return deliveries_; }
    /// Frames on their way.
    std::size_t in_flight() const { return queue_.size(); }
    const TraceHash& trace() const { return trace_; }
    const SegmentCounts& counts(SegmentId segment) const;
    std::string_view name(HostId host) const { return members_.at(index_of(host)).name; }
    std::string_view name(SegmentId segment) const;
    std::optional<HostId> stuck_host() const { return stuck_host_; }
    /// Frames of this world live in it; hosts may keep them as long as the world lives.
    PacketPool& pool() { return pool_; }

  private:
    /// A host whose deadline is due this often at one instant will not stop by itself.
    static constexpr std::uint32_t kDeadlinesPerInstantMax = 100'000;
    static constexpr std::size_t kPausedFramesMax = 1'024;

    struct Attachment {
        SegmentId segment{};
        std::size_t port = 0;
    };
    struct Member {
        std::string name;
        Host* host = nullptr;
        std::array<std::optional<Attachment>, link::kLinkCount> attachments;
        HostClock clock;
        Instant last_deadline{};
        std::uint32_t deadlines_at_last = 0;
        bool is_paused = false;
        bool is_down = false;
        std::vector<Delivery> waiting;  // for a paused host
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
        std::vector<std::uint64_t> matches;  // of each order
        SegmentCounts counts;

        std::size_t port_of(HostId host) const;
    };

    void deliver(Delivery delivery);
    void hand_over(Delivery delivery);
    void expire(HostId host);
    void schedule(HostId host);
    void transmit(HostId from, const link::OutgoingFrame& outgoing);
    void answer_too_long(HostId from, const link::OutgoingFrame& outgoing);
    void send_to_port(Segment& segment, Port& source, std::size_t port, ByteView frame,
                      const OrderedFate& ordered);
    void pass_lane(Segment& segment, Port& source, std::size_t port, ByteView frame,
                   const OrderedFate& ordered);
    static OrderedFate ordered_fate(Segment& segment, ByteView frame);

    PacketPool pool_;  // first: it outlives the queue
    Rng rng_;
    Instant now_{};
    EventQueue queue_;
    std::vector<Member> members_;
    std::vector<Segment> segments_;
    std::vector<Observer*> observers_;
    DeadlineHeap deadlines_;  // of the hosts, in the world's time
    TraceHash trace_;
    std::uint64_t deliveries_ = 0;
    std::optional<HostId> stuck_host_;
};

}  // namespace shunt::sim
