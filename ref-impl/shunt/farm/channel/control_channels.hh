// SPDX-License-Identifier: Apache-2.0
// The control channels of one server, one to each member of the farm, over its own TCP on the back
// link (CTL-1 to CTL-7). IPv4 packets and the time go in; packets, events, outcomes of requests and
// the next deadline come out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/channel/desk.hh"
#include "shunt/farm/channel/peer.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/server_states.hh"
#include "shunt/stack/route_table.hh"
#include "shunt/stack/socket_set.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/session_announcement.hh"

namespace shunt::farm {

/// What has become of a peer, for whoever has connections that have to do with it.
struct PeerEvent {
    enum class Kind : std::uint8_t {
        Proven,     // it knows our boot number: endpoint frames may pass (EP-33)
        Restarted,  // a new boot number: all that it held is gone (CTL-7)
        Dead,       // silent for kPeerLife: records that point to it are void (EP-33)
        CutOff,     // this server may not act for connections whose home it is (EP-33)
        Opened,     // a channel is open again: it may have missed what was told
        Back        // the channel is back: it may ask that home for a 0x14 for each
    };
    Kind kind = Kind::Dead;
    ServerId peer = 0;

    bool operator==(const PeerEvent&) const = default;
};

/// A session that a peer has told of; it keeps it (SES-4).
struct ToldSession {
    wire::SessionKind kind = wire::SessionKind::Cookie;
    std::vector<std::uint8_t> id;
    ServerId server = 0;
    std::uint32_t lifetime = 0;  // s
};

/// A row of the verb members.
struct MemberStatus {
    enum class Link : std::uint8_t {
        Self,
        Connecting,  // no channel yet, or no more
        Open,        // both hellos have come
        Dead         // no more, and for so long that it is taken for dead (EP-33)
    };
    ServerId id = 0;
    Link link = Link::Connecting;
    /// 0: no hello has come yet.
    std::uint64_t boot = 0;
    /// It has proven that it knows our boot number (EP-33).
    bool is_proven = false;
};

class ControlChannels {
  public:
    struct Environment {
        const FarmConfig& config;
        const Server& self;
        PacketPool& pool;
        Counters& counters;
        const std::vector<stack::Route>& routes;  // of the back link
        std::size_t mtu = 1'500;
    };

    /// All references outlive it. `rng` is all its chance, the boot number too.
    ControlChannels(const Environment& environment, Rng rng, Instant now);

    /// A TCP or ICMP packet for the control IP. The caller has checked that it came from the
    /// station of the member whose control IP its source is (SEC-1); an ICMP error may come from
    /// elsewhere.
    void handle_packet(const wire::Ipv4View& ip, Instant now);
    void handle_deadline(Instant now);
    std::optional<Packet> poll_transmit(Instant now) { return sockets_.poll_transmit(now); }
    std::optional<Instant> poll_deadline() const;
    std::optional<PeerEvent> poll_event();
    /// EP-33: to be called before each batch that is sent, and before what has arrived is looked
    /// at; cheap. Makes CutOff events.
    void expire_owners(Instant now);

    /// Tells all servers; kept for those whose channel opens later.
    void tell_state(const ServerState& state, Instant now);
    /// Tells that server, or all, where the channel is open.
    void tell_session(const wire::SessionAnnouncement& session, std::optional<ServerId> to,
                      Instant now);
    /// What they have told; to be fetched whenever something has arrived.
    std::optional<ToldSession> poll_session();
    /// What the server has told of itself, if that is young enough, its channel is open, and it
    /// knows our boot number (SEL-3); else null.
    const ServerState* candidate_state(ServerId server, Instant now) const;
    /// What it has told last, if that is young enough; else null.
    const ServerState* told_state(ServerId server, Instant now) const {
        return states_.find(server, now);
    }

    /// Sends a request. Nothing: there is no channel, or no room (SEC-5).
    std::optional<std::uint64_t> request(ServerId to, wire::ControlKind kind, ByteView body,
                                         Duration patience, Instant now, std::uint16_t flags = 0);
    std::optional<TransactionOutcome> poll_outcome(Subject subject) {
        return desk(subject).transactions.poll();
    }
    /// What came first of what waits about the subject is an outcome, not a request.
    bool has_outcome_first(Subject subject) { return desk(subject).has_outcome_first(); }
    /// Sends what wants no answer. False: there is no channel, or no room.
    [[nodiscard]] bool tell(ServerId to, wire::ControlKind kind, ByteView body, Instant now);

    /// Requests of others. Of objects those of kinds 0x40 and 0x42 are answered, or refused, once;
    /// of moves 0x10 and 0x15 are. Where a blob was answered long ago its host may say 0x11 again,
    /// which answers nothing and comes by here too (BL-16).
    std::optional<IncomingRequest> poll_request(Subject subject) {
        return desk(subject).inbox.poll();
    }
    /// False: its channel is gone, or there is no room.
    [[nodiscard]] bool answer(const RequestOrigin& origin, wire::ControlKind kind, ByteView body,
                              Instant now, std::uint16_t flags = 0);
    /// The request was not understood: counted, and its sender is told.
    void refuse(const RequestOrigin& origin, Instant now);
    /// The serial of the open channel to a server; 0: there is none. Another serial says that the
    /// channel before was lost (CTL-6).
    std::uint64_t serial_of(ServerId server) const;

    /// Endpoint frames from and to it pass (EP-33).
    bool is_proven(ServerId server) const;
    /// EP-33: nothing that the peer is home of may act here, nor be released now.
    bool is_cut_off(ServerId home) const;
    /// It has an open channel.
    bool is_open(ServerId server) const;
    /// It has had one, and has none: it may be about to be taken for dead (EP-33).
    bool has_lost(ServerId server) const;
    std::vector<MemberStatus> members() const;
    std::uint64_t boot() const { return boot_; }

  private:
    Desk& desk(Subject subject) { return desks_.at(static_cast<std::size_t>(subject)); }

    // control_channels.cc: connections come and go
    Peer* peer_at(wire::Ipv4Address control_ip);
    Peer* peer_of(ServerId server);
    const Peer* peer_of(ServerId server) const {
        return const_cast<ControlChannels*>(this)->peer_of(server);
    }
    void listen();
    void accept(Instant now);
    void connect(Peer& peer, Instant now);
    void add_channel(Peer& peer, stack::SocketId socket, bool is_ours, Instant now);
    void pump(Peer& peer, Instant now);
    void pump(Peer& peer, Channel& channel, Instant now);
    void sweep(Peer& peer, Instant now);
    void pump_all(Instant now);
    void expire(Peer& peer, Instant now);
    void set_deadline(Instant now);
    std::optional<Instant> deadline_of(const Peer& peer, Instant now) const;
    Duration silence_of(const Peer& peer) const { return waited_.waited() - peer.heard_at; }

    // channel_frames.cc: what frames mean
    void handle_frame(Peer& peer, Channel& channel, const wire::ControlFrameView& frame,
                      Instant now);
    void handle_hello(Peer& peer, Channel& channel, const wire::ControlFrameView& frame,
                      Instant now);
    bool survives(const Peer& peer, const Channel& fresh, const Channel& current) const;
    void greet_new_boot(Peer& peer, const Channel& channel, std::uint64_t boot);
    void open(Peer& peer, Channel& channel, Instant now);
    void handle_pong(Peer& peer, std::uint64_t transaction, Instant now);
    void handle_state(Peer& peer, Channel& channel, const wire::ControlFrameView& frame,
                      Instant now);
    void handle_session(Peer& peer, Channel& channel, const wire::ControlFrameView& frame);
    void answer_error(Channel& channel, const wire::ControlFrameView& frame,
                      wire::ControlError error);
    void send_error(Channel& channel, std::uint64_t transaction, wire::ControlError error);
    void keep_request(Peer& peer, Channel& channel, const wire::ControlFrameView& frame);
    bool is_served(wire::ControlKind kind) const;
    Channel* channel_of(const RequestOrigin& origin);
    void send_hello(Channel& channel);
    void send_ping(Peer& peer, Channel& channel, Instant now);
    void send_state(Channel& channel);
    void send(Channel& channel, const wire::ControlHeader& header, ByteView body);

    const FarmConfig& config_;
    const Server& self_;
    Counters& counters_;
    Rng rng_;
    const std::uint64_t boot_;
    const std::vector<wire::Ipv4Address> addresses_;
    const stack::RouteTable routes_;
    stack::SocketSet sockets_;
    stack::SocketId listener_;
    std::vector<Peer> peers_;
    ServerStates states_;
    ServerState own_;
    std::array<Desk, kSubjectCount> desks_;
    std::deque<PeerEvent> events_;
    std::deque<ToldSession> told_sessions_;
    WaitedTime waited_;
    std::uint64_t last_serial_ = 0;
    std::uint64_t last_transaction_;
    std::optional<Instant> deadline_;
    std::optional<Instant> first_owner_deadline_;
};

}  // namespace shunt::farm
