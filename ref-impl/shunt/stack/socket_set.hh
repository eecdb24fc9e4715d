// SPDX-License-Identifier: Apache-2.0
// The sockets of a host: the verbs of POSIX, none of which blocks, on TCP and UDP over IPv4.
// Misuse, a limit that is reached, and the fate of a connection are values; an application may call
// anything at any time (docs/sockets.md). IPv4 packets and the time come in, IPv4 packets go out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/ready_queue.hh"
#include "shunt/base/result.hh"
#include "shunt/base/rng.hh"
#include "shunt/ip/path_mtu.hh"
#include "shunt/stack/api_error.hh"
#include "shunt/stack/connection_table.hh"
#include "shunt/stack/datagram_queue.hh"
#include "shunt/stack/frame_queue.hh"
#include "shunt/stack/route_table.hh"
#include "shunt/stack/socket.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::wire {
class IcmpView;
class QuotedPacketView;
class TcpView;
}  // namespace shunt::wire

namespace shunt::stack {

/// Bounds of a host (SEC-5).
struct SocketLimits {
    std::size_t sockets = 4'096;
    /// With those that have no socket: not accepted yet, or closed and not over.
    std::size_t connections = 16'384;
    /// What listen() takes at most.
    std::size_t backlog = 1'024;
    /// What SendBuffer and ReceiveBuffer take at most, and the least of either.
    std::uint32_t buffer_bytes = 4 * 1'024 * 1'024;
    std::uint32_t buffer_bytes_min = 2'048;
    /// The longest datagram's bytes behind its UDP header; longer than the MTU it goes in
    /// fragments.
    std::size_t datagram_bytes = 9'000;
    /// Of a UDP socket.
    std::uint32_t datagram_buffer_bytes = 256 * 1'024;
};

class SocketSet {
  public:
    /// What a set stands on; all of it outlives the set.
    struct Environment {
        const std::vector<wire::Ipv4Address>& addresses;  // at least one
        const RouteTable& routes;
        PacketPool& pool;
        Counters& counters;
    };
    /// `defaults` is what connections are made with where no option says otherwise.
    SocketSet(const Environment& host, const SocketLimits& limits, const tcp::Config& defaults,
              Rng rng);

    // The verbs. Where nothing has to be returned, the error is, if there is one.
    Result<SocketId, ApiError> open(SocketKind kind);
    /// `local` is 0.0.0.0 or an address of the host; port 0: one that is free.
    std::optional<ApiError> bind(SocketId id, SocketAddress local);
    /// Connections that wait are `backlog` at most, at least one; called again it changes that.
    std::optional<ApiError> listen(SocketId id, std::size_t backlog);
    /// The socket of the next connection whose handshake is complete.
    Result<SocketId, ApiError> accept(SocketId id);
    /// Begins the handshake: is_writable once it is complete, has_error if it fails, and the socket
    /// is then as before. A UDP socket has a peer at once, and may get another.
    std::optional<ApiError> connect(SocketId id, SocketAddress remote, Instant now);
    /// Bytes taken; of a UDP socket all of them, as one datagram to its peer.
    Result<std::size_t, ApiError> send(SocketId id, ByteView bytes, Instant now);
    /// send() of urgent data: the peer is told where it ends (RFC 9293 3.8.5).
    Result<std::size_t, ApiError> send_urgent(SocketId id, ByteView bytes, Instant now);
    Result<std::size_t, ApiError> send_to(SocketId id, ByteView bytes, SocketAddress to);
    /// Bytes copied; 0: the peer sends no more, or `into` is empty.
    Result<std::size_t, ApiError> receive(SocketId id, MutableBytes into, Instant now);
    Result<ReceivedDatagram, ApiError> receive_from(SocketId id, MutableBytes into);
    /// receive() that leaves everything where it is.
    Result<std::size_t, ApiError> peek(SocketId id, MutableBytes into) const;
    /// Bytes from the first unread one to the end of the peer's urgent data, come or not; 0: none.
    /// They stay in the stream (RFC 6093 4), and receive() does not stop at their end.
    Result<std::size_t, ApiError> urgent_unread(SocketId id) const;
    std::optional<ApiError> shutdown(SocketId id, Direction direction, Instant now);
    /// The id is gone. The connection ends in its own time (Linger); with bytes that were not read
    /// it is reset (RFC 1122 4.2.2.13).
    std::optional<ApiError> close(SocketId id, Instant now);
    /// close() that resets the connection.
    std::optional<ApiError> abort(SocketId id, Instant now);
    std::optional<ApiError> set_option(SocketId id, const SocketOption& option, Instant now);

    Result<SocketOptions, ApiError> options(SocketId id) const;
    Result<SocketAddress, ApiError> local_address(SocketId id) const;
    Result<SocketAddress, ApiError> remote_address(SocketId id) const;
    /// Of a connection; CLOSED where there is none. LISTEN is no state of the engine's.
    Result<tcp::State, ApiError> state(SocketId id) const;
    /// listen() was called, as SO_ACCEPTCONN.
    Result<bool, ApiError> is_listening(SocketId id) const;
    Result<Readiness, ApiError> readiness(SocketId id) const;
    /// The fate that nobody has heard of yet, once, as SO_ERROR; nothing is no fate.
    Result<std::optional<ApiError>, ApiError> take_error(SocketId id);
    /// The next socket whose readiness has risen since it was told last, with what it is now.
    /// Whoever is told reads, writes or accepts until WouldBlock.
    std::optional<ReadySocket> poll_ready();

    // What the host does. Each packet is a valid one for an address of it.
    void handle_tcp(const wire::Ipv4View& ip, Instant now);
    /// False: nobody takes it, which its sender is to be told (RFC 1122 4.1.3.1).
    [[nodiscard]] bool handle_udp(const wire::Ipv4View& ip);
    void handle_icmp(const wire::Ipv4View& ip, Instant now);
    void handle_deadline(Instant now);
    std::optional<Packet> poll_transmit(Instant now);
    std::optional<Instant> poll_deadline() const { return deadlines_.earliest(); }
    /// The next destination that does not answer; its route may be bad (RFC 9293 3.8.3).
    std::optional<wire::Ipv4Address> poll_doubted();

    std::size_t size() const { return open_; }
    std::size_t connection_count() const { return connections_.size(); }

  private:
    using Slot = ConnectionTable::Slot;
    using Index = std::uint32_t;

    enum class Phase : std::uint8_t {
        Free,
        Idle,  // TCP: no peer, not listening
        Listening,
        Connecting,
        Connected,  // with a connection, which may be over by now
        Datagram,   // UDP
    };

    struct Listening {
        std::size_t backlog = 0;
        std::size_t waiting = 0;  // with those whose handshake is not complete
        std::deque<Slot> complete;
    };

    struct Socket {
        Phase phase = Phase::Free;
        bool is_bound = false;
        bool is_reading_over = false;  // shutdown(Read)
        std::uint32_t generation = 0;
        SocketAddress local;
        std::optional<SocketAddress> remote;
        std::optional<ApiError> error;
        std::optional<Slot> connection;
        Readiness told;
        SocketOptions options;
        std::unique_ptr<Listening> listening;
        std::unique_ptr<DatagramQueue> datagrams;
    };
    /// Kind, port, address: a wildcard comes first of its port.
    using Binding = std::tuple<SocketKind, std::uint16_t, std::uint32_t>;

    // socket_set.cc
    Socket* find(SocketId id);
    const Socket* find(SocketId id) const { return const_cast<SocketSet*>(this)->find(id); }
    static SocketKind kind_of(const Socket& socket);
    SocketId id_of(Index index) const { return {index, sockets_[index].generation}; }
    Index take_index(Phase phase);
    void give_back(Index index);
    Readiness readiness_of(const Socket& socket) const;
    void note(Index index);
    void fail(Index index, ApiError error);

    // socket_addresses.cc
    bool is_own(wire::Ipv4Address address) const;
    std::optional<ApiError> fault_of_remote(const SocketAddress& remote) const;
    bool is_in_use(SocketKind kind, const SocketAddress& local, bool may_reuse) const;
    Result<std::uint16_t, ApiError> free_port(SocketKind kind, wire::Ipv4Address address);
    std::optional<Index> bound_to(SocketKind kind, const SocketAddress& local) const;
    void unbind(Index index);

    // socket_options.cc
    std::optional<ApiError> fault_of(const Socket& socket, const SocketOption& option) const;
    std::unique_ptr<tcp::Config> config_for(const SocketOptions& options) const;
    void apply(Slot slot, const SocketOptions& options, Instant now);

    // tcp_sockets.cc
    const HostConnection* connection_of(const Socket& socket) const;
    Result<std::size_t, ApiError> send_text(SocketId id, ByteView bytes, bool is_urgent,
                                            Instant now);
    Result<std::size_t, ApiError> readable(const Socket& socket) const;
    std::optional<ApiError> take_fate(Index index);
    Result<tcp::Identity, ApiError> choose_identity(const Socket& socket, SocketAddress remote);
    void leave_connection(Slot slot, const Socket& socket, bool is_reset, Instant now);
    void stop_listening(Index index, Instant now);

    // tcp_arrivals.cc
    void open_passively(const tcp::Identity& identity, const wire::TcpView& syn,
                        const tcp::Connection* before, Instant now);
    void answer_stray(const tcp::Identity& identity, const wire::TcpView& segment);
    void settle(Slot slot, Instant now);
    void handle_event(Slot slot, tcp::Event event);
    void finish(Slot slot, Instant now);
    void leave_listener(Slot slot);
    bool transmit_from(Slot slot, Instant now);
    std::optional<Instant> deadline_of(const HostConnection& row) const;

    // udp_sockets.cc
    Result<std::size_t, ApiError> send_datagram(Index index, ByteView bytes, SocketAddress to);
    void hear_refusal(const wire::IcmpView& message, const wire::QuotedPacketView& quoted);

    Environment host_;
    SocketLimits limits_;
    tcp::Config defaults_;
    Rng rng_;
    SipKey sequence_key_;
    ConnectionTable connections_;
    std::vector<Socket> sockets_;
    std::vector<Index> free_;
    std::size_t open_ = 0;
    std::map<Binding, Index> bound_;
    ReadyQueue risen_;    // indexes of sockets
    ReadyQueue sending_;  // slots of connections
    DeadlineHeap deadlines_;
    FrameQueue outgoing_;  // packets that no connection has: resets, datagrams
    std::vector<wire::Ipv4Address> doubted_;
    ip::PathMtuCache path_mtus_;
    std::uint16_t identification_;
};

}  // namespace shunt::stack
