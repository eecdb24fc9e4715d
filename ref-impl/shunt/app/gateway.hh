// SPDX-License-Identifier: Apache-2.0
// The gateway application (docs/gateway.md): each stream of the node gets a socket to its backend,
// and bytes go both ways. It keeps none of them: what a backend does not take stays in the engine's
// receive queue and closes the client's window, what a client does not take stays in the kernel's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/app/node_host.hh"
#include "shunt/app/waiting_lines.hh"
#include "shunt/base/deadline.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/ready_queue.hh"
#include "shunt/node/streams.hh"
#include "shunt/runtime/backend_socket.hh"
#include "shunt/runtime/edge_poller.hh"

namespace shunt::app {

class Gateway {
  public:
    /// The host outlives the gateway, and has a node when it turns. Connections beyond `links_max`
    /// are refused.
    Gateway(NodeHost& host, runtime::EdgePoller poller, std::size_t links_max)
        : host_(host), poller_(std::move(poller)), links_max_(links_max) {}

    /// How many links fit into a process of so many descriptors: some are left for its operators,
    /// who would have no other way to see what is going on.
    static std::size_t links_within(std::size_t descriptors);

    /// True if a server of `config` called `name` has a listener for it.
    static bool is_needed(const farm::FarmConfig& config, const farm::Server& self);

    /// Moves what can be moved, in bounds. True if there may be more to do at once.
    bool turn(Instant now);
    std::optional<Instant> poll_deadline() const {
        return earlier(deadlines_.earliest(), lines_.poll_deadline());
    }
    /// Readable when turn() has something to do because of a backend.
    int descriptor() const { return poller_.descriptor(); }
    /// The host has a fresh node, which knows nothing of the connections before.
    void forget_all();

  private:
    /// Of the control socket, its clients, the links' devices and the machine's load.
    static constexpr std::size_t kDescriptorsOfOthers = 128;
    /// Bytes that one link moves in one direction before the next one has its turn.
    static constexpr std::size_t kBurst = 256 * 1024;
    /// Links and reports handled in one turn.
    static constexpr int kLinksPerTurn = 64;
    static constexpr int kReportsPerTurn = 256;
    /// Backends that are asked for those who wait, in one turn.
    static constexpr int kAttemptsPerTurn = 64;
    /// How long a backend may take until it takes a connection, and what is between two attempts
    /// where its queue is full.
    static constexpr Duration kConnectPatience = Duration::seconds(10);
    static constexpr Duration kBusyPause = Duration::milliseconds(10);
    /// A client that goes on sending to a backend that has left is heard so long, so that what the
    /// backend said last reaches it.
    static constexpr Duration kLingerPatience = Duration::seconds(30);

    /// One client's connection and its backend's, by the index of its stream.
    struct Link {
        enum class Phase : std::uint8_t { Free, Connecting, Open };
        Phase phase = Phase::Free;
        bool is_readable = false;  // the backend, until it blocks
        bool is_writable = false;
        bool is_broken = false;           // the backend has reset
        bool is_refusing = false;         // the backend takes no more
        bool is_client_done = false;      // its end was passed on, or nobody wants to know
        bool is_backend_done = false;     // its end was passed on
        std::optional<Instant> given_up;  // when the phase or the lingering has to be over
        std::optional<WaitingLines::Ticket> waiting;  // for a place at its backend
        const farm::Listen* listen = nullptr;
        node::StreamId id;
        runtime::BackendSocket socket;
    };
    using Index = std::uint32_t;

    bool hear_node(Instant now);
    bool hear_backends();
    void handle_deadlines(Instant now);

    void open(node::StreamId id, Instant now);
    bool serve_lines(Instant now);
    runtime::BackendSocket::Progress ask_backend(Link& link);
    void proceed(Index index, runtime::BackendSocket::Progress progress, Instant now);
    void refuse(Index index, Instant now);
    void lose_client(Index index, Instant now);
    void close(Index index, Instant now);

    void pump(Index index, Instant now);
    bool pump_to_backend(Link& link, Instant now);
    bool pump_to_client(Link& link, Instant now);
    void settle(Index index, Instant now);

    Link* find(node::StreamId id);
    node::Node& node() { return host_.node(); }
    void count(Counter counter) { host_.device_counters().add(counter); }

    NodeHost& host_;
    runtime::EdgePoller poller_;
    std::size_t links_max_;
    std::size_t links_open_ = 0;
    std::vector<Link> links_;
    ReadyQueue ready_;  // links that may have something to move
    DeadlineHeap deadlines_;
    WaitingLines lines_;
    std::array<std::uint8_t, 64 * 1024> buffer_{};
};

}  // namespace shunt::app
