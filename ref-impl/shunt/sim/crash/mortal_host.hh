// SPDX-License-Identifier: Apache-2.0
// A server that counts what happens to it and dies where it is told to. From then on it is deaf and
// dumb; the world hears of its crash from whoever asks ServerLife::death. Or it loses its control
// channels there, and goes on.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "shunt/sim/crash/channel_cutter.hh"
#include "shunt/sim/crash/crash_point.hh"
#include "shunt/sim/host.hh"
#include "shunt/sim/node_host.hh"

namespace shunt::sim {

/// Hears what servers do, event by event.
class EventWatcher {
  public:
    EventWatcher() = default;
    EventWatcher(const EventWatcher&) = delete;
    EventWatcher& operator=(const EventWatcher&) = delete;
    virtual ~EventWatcher() = default;

    /// A frame comes.
    virtual void begins(std::size_t server, link::LinkId link, ByteView frame, Instant now) = 0;
    /// A deadline, or a call, comes.
    virtual void begins(std::size_t server, std::string_view cause, Instant now) = 0;
    virtual void sends(std::size_t server, const link::OutgoingFrame& frame) = 0;
    /// All that belongs to the event has been done.
    virtual void ends(std::size_t server) = 0;
};

/// What outlives a server's processes: how many events there were, and where it dies.
struct ServerLife {
    std::size_t server = 0;
    std::uint64_t events = 0;
    /// Not reached yet, in order of their events.
    std::vector<CrashPoint> deaths;
    /// The one that was reached, and whose crash the world does not know of yet.
    std::optional<CrashPoint> death;
    EventWatcher* watcher = nullptr;
};

class MortalHost final : public Host {
  public:
    /// `life` and `node` outlive this.
    MortalHost(NodeHost& node, ServerLife& life) : node_(node), life_(life) {}

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

    /// An operator's call of the node, which is an event too; the world is woken by the caller.
    void call(std::string_view cause, Instant now, const std::function<void(node::Node&)>& act);

  private:
    /// True: it has not died before the event.
    bool survives_beginning(Instant now);
    bool dies(Moment moment, Instant now);
    void lose_channels(Comeback how, Instant now);
    std::optional<link::OutgoingFrame> poll_node(Instant now);

    NodeHost& node_;
    ServerLife& life_;
    bool is_dead_ = false;
    bool has_event_ = false;  // one that has not ended yet
    ChannelCutter cutter_;
    std::deque<Packet> resets_;  // of channels' ends, to the others
};

}  // namespace shunt::sim
