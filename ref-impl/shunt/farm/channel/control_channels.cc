// SPDX-License-Identifier: Apache-2.0
// Connections with the other servers: opened, accepted, read, given up (CTL-1 to CTL-3).
#include "shunt/farm/channel/control_channels.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::farm {
namespace {

/// How often a home looks at the time while a peer is silent (WaitedTime).
constexpr Duration kWatchPause = Duration::milliseconds(250);
/// Of each connection; frames may be longer.
constexpr std::uint32_t kSocketBuffer = 256 * 1'024;

Duration channel_life() {
    return is_mutant(Mutant::KeepsDeadChannels) ? kChannelLife * 4 : kChannelLife;
}

tcp::Config tcp_config(std::size_t mtu) {
    constexpr std::size_t headers = wire::kIpv4HeaderSize + wire::kTcpHeaderSize;
    tcp::Config tcp;
    tcp.mtu = static_cast<std::uint16_t>(mtu);
    tcp.advertised_mss = static_cast<std::uint16_t>(mtu - headers);
    tcp.no_delay = true;
    tcp.send_buffer_max = kSocketBuffer;
    tcp.receive_buffer_max = kSocketBuffer;
    // A back link's round trips are short, and the 3 s of EP-33 have room for few lost segments.
    tcp.retransmission_timeout_initial = Duration::milliseconds(200);
    // An attempt that is lost is begun anew (CTL-2), and holds no place meanwhile.
    tcp.syn_retransmissions_max = 0;
    tcp.syn_ack_retransmissions_max = 1;
    tcp.user_timeout = kPeerLife;
    tcp.fin_wait_2_timeout = kPeerLife;
    // On one link, and only where members reconnect again and again.
    tcp.maximum_segment_lifetime = Duration::seconds(5);
    return tcp;
}

/// A reconnecting member leaves connections in TIME-WAIT behind.
constexpr std::size_t kConnectionsPerMember = 128;

stack::SocketLimits socket_limits(const FarmConfig& config) {
    const std::size_t members = config.servers.size();
    stack::SocketLimits limits;
    limits.sockets = 1 + members * (Peer::kChannelsMax + 1);
    limits.connections = kConnectionsPerMember * members;
    limits.backlog = kConnectionsPerMember * members;
    limits.buffer_bytes = kSocketBuffer;
    return limits;
}

}  // namespace

ControlChannels::ControlChannels(const Environment& environment, Rng rng, Instant now)
    : config_(environment.config),
      self_(environment.self),
      counters_(environment.counters),
      rng_(rng),
      boot_(rng_.next_u64()),
      addresses_{environment.self.control_ip.address},
      routes_(environment.routes),
      sockets_({addresses_, routes_, environment.pool, environment.counters},
               socket_limits(environment.config), tcp_config(environment.mtu), rng_.fork()),
      states_(environment.counters),
      waited_(now),
      last_transaction_(rng_.next_u64()) {
    for (const Server& server : config_.servers) {
        if (server.id == self_.id) continue;
        Peer& peer = peers_.emplace_back(server, now);
        // Both may open; who would lose waits a moment for the other (CTL-1).
        const bool is_first = self_.id < server.id;
        peer.next_attempt = is_first ? now : now + peer.next_pause(rng_);
    }
    listen();
    set_deadline(now);
}

void ControlChannels::listen() {
    const auto socket = sockets_.open(stack::SocketKind::Tcp);
    SHUNT_ASSERT(socket, "there is room for the first socket");
    listener_ = *socket;
    const auto unbound = sockets_.bind(listener_, {self_.control_ip.address, wire::kControlPort});
    SHUNT_ASSERT(!unbound, "nobody else has the port");
    const auto deaf = sockets_.listen(listener_, socket_limits(config_).backlog);
    SHUNT_ASSERT(!deaf, "the backlog is within the limit");
}

Peer* ControlChannels::peer_at(wire::Ipv4Address control_ip) {
    const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) {
        return peer.server->control_ip.address == control_ip;
    });
    return found == peers_.end() ? nullptr : &*found;
}

Peer* ControlChannels::peer_of(ServerId server) {
    const auto found = std::find_if(peers_.begin(), peers_.end(),
                                    [&](const Peer& peer) { return peer.server->id == server; });
    return found == peers_.end() ? nullptr : &*found;
}

void ControlChannels::handle_packet(const wire::Ipv4View& ip, Instant now) {
    expire_owners(now);
    waited_.advance(now);
    if (ip.protocol() == wire::IpProtocol::Icmp) {
        sockets_.handle_icmp(ip, now);
    } else {
        Peer* peer = peer_at(ip.source());
        if (peer == nullptr) return counters_.add(Counter::DropControlMember);
        const auto segment = wire::TcpView::parse(ip);
        if (!segment) return counters_.add(segment.error());
        const bool is_opening = segment->flags().syn && !segment->flags().acknowledgment;
        if (is_opening && !peer->syns.take(now)) {
            return counters_.add(Counter::DropControlRate);
        }
        sockets_.handle_tcp(ip, now);
    }
    pump_all(now);
    set_deadline(now);
}

void ControlChannels::handle_deadline(Instant now) {
    expire_owners(now);
    waited_.advance(now);
    if (is_due(sockets_.poll_deadline(), now)) sockets_.handle_deadline(now);
    pump_all(now);
    for (Desk& each : desks_)
        each.transactions.handle_deadline(now, each.next_arrival());
    for (Peer& peer : peers_)
        expire(peer, now);
    set_deadline(now);
}

/// Sockets say that something has risen; there are few, and each is asked.
void ControlChannels::pump_all(Instant now) {
    bool has_risen = false;
    while (sockets_.poll_ready())
        has_risen = true;
    if (!has_risen) return;
    accept(now);
    for (Peer& peer : peers_)
        pump(peer, now);
}

void ControlChannels::accept(Instant now) {
    while (const auto socket = sockets_.accept(listener_)) {
        const auto remote = sockets_.remote_address(*socket);
        Peer* peer = remote ? peer_at(remote->address) : nullptr;
        if (peer == nullptr || peer->channels.size() >= Peer::kChannelsMax) {
            sockets_.abort(*socket, now);
            continue;
        }
        add_channel(*peer, *socket, false, now);
    }
}

void ControlChannels::connect(Peer& peer, Instant now) {
    peer.next_attempt.reset();
    const auto socket = sockets_.open(stack::SocketKind::Tcp);
    const bool is_under_way =
        socket &&
        !sockets_.connect(*socket, {peer.server->control_ip.address, wire::kControlPort}, now);
    if (!is_under_way) {
        if (socket) sockets_.close(*socket, now);
        peer.next_attempt = now + peer.next_pause(rng_);
        return;
    }
    add_channel(peer, *socket, true, now);
}

void ControlChannels::add_channel(Peer& peer, stack::SocketId socket, bool is_ours, Instant now) {
    const Channel::Origin origin{socket, ++last_serial_, is_ours, now};
    peer.channels.push_back(std::make_unique<Channel>(origin));
    send_hello(*peer.channels.back());
    if (peer.boot && is_mutant(Mutant::SpeaksBeforeHello)) send_state(*peer.channels.back());
    pump(peer, now);
}

void ControlChannels::pump(Peer& peer, Instant now) {
    // A hello may end another channel, but only sweep() takes any away.
    for (std::size_t i = 0; i < peer.channels.size(); ++i)
        pump(peer, *peer.channels[i], now);
    sweep(peer, now);
}

void ControlChannels::pump(Peer& peer, Channel& channel, Instant now) {
    channel.flush(sockets_, now);
    while (!channel.is_over() && channel.may_read()) {
        const Instant heard_before = channel.last_heard();
        const Channel::Reading reading = channel.read(sockets_, now);
        if (channel.is_open() && channel.last_heard() != heard_before) {
            peer.heard_at = waited_.waited();
        }
        switch (reading) {
            case Channel::Reading::Nothing:
                return channel.flush(sockets_, now);
            case Channel::Reading::Over:
                return channel.finish();
            case Channel::Reading::Broken:
                counters_.add(Counter::DropControlFormat);
                if (is_mutant(Mutant::KeepsBrokenChannels)) return channel.flush(sockets_, now);
                return channel.finish();
            case Channel::Reading::Frame:
                handle_frame(peer, channel, channel.frame(), now);
                break;
        }
        channel.flush(sockets_, now);
    }
}

/// Closes what is over, and sees to it that there will be a channel again (CTL-2).
void ControlChannels::sweep(Peer& peer, Instant now) {
    for (const auto& channel : peer.channels) {
        if (!channel->is_over()) continue;
        if (channel->is_open()) counters_.add(Counter::ChannelClosed);
        for (Desk& each : desks_)  // CTL-6
            each.transactions.lose_channel(channel->origin().serial, each.next_arrival());
        // A silent peer gets a reset: it may have forgotten us.
        const bool is_silent = channel->last_heard() + kChannelLife <= now;
        if (is_silent) {
            sockets_.abort(channel->origin().socket, now);
        } else {
            sockets_.close(channel->origin().socket, now);
        }
    }
    std::erase_if(peer.channels, [](const auto& channel) { return channel->is_over(); });
    if (peer.open_channel() != nullptr) {
        peer.next_attempt.reset();
    } else if (!peer.next_attempt && !peer.is_connecting()) {
        peer.next_attempt =
            now + (is_mutant(Mutant::NeverBacksOff) ? Backoff::kPauseMin : peer.next_pause(rng_));
    }
}

/// What time alone brings about.
void ControlChannels::expire(Peer& peer, Instant now) {
    for (const auto& channel : peer.channels) {
        if (channel->last_heard() + channel_life() <= now) channel->finish();  // CTL-3
    }
    sweep(peer, now);
    Channel* open = peer.open_channel();
    if (open != nullptr && open->last_ping() + kPingPause <= now) {
        if (is_mutant(Mutant::NeverPings)) return open->pinged(now);
        send_ping(peer, *open, now);
        open->flush(sockets_, now);
    }
    if (is_due(peer.next_attempt, now)) connect(peer, now);
    const Duration patience = is_mutant(Mutant::FearsShortLoss) ? Duration{} : kPeerLife;
    if (peer.is_missed() && open == nullptr && silence_of(peer) >= patience) {
        peer.is_dead = true;
        counters_.add(Counter::PeerDead);
        events_.push_back({PeerEvent::Kind::Dead, peer.server->id});
    }
}

void ControlChannels::expire_owners(Instant now) {
    if (!is_due(first_owner_deadline_, now)) return;
    first_owner_deadline_.reset();
    for (Peer& peer : peers_) {
        if (peer.owner.expire(now)) {
            counters_.add(Counter::OwnerCutOff);
            events_.push_back({PeerEvent::Kind::CutOff, peer.server->id});
        }
        first_owner_deadline_ = earlier(first_owner_deadline_, peer.owner.deadline());
    }
}

std::optional<Instant> ControlChannels::deadline_of(const Peer& peer, Instant now) const {
    std::optional<Instant> next = peer.next_attempt;
    for (const auto& channel : peer.channels)
        next = earlier(next, channel->last_heard() + channel_life());
    if (const Channel* open = peer.open_channel()) {
        next = earlier(next, open->last_ping() + kPingPause);
    }
    if (peer.is_missed() && silence_of(peer) >= kPingPause) {
        const Duration rest = std::max(kPeerLife - silence_of(peer), Duration{});
        const bool is_final = peer.open_channel() == nullptr && rest < kWatchPause;
        next = earlier(next, now + (is_final ? rest : kWatchPause));
    }
    return next;
}

void ControlChannels::set_deadline(Instant now) {
    deadline_.reset();
    for (const Desk& each : desks_)
        deadline_ = earlier(deadline_, each.transactions.deadline());
    first_owner_deadline_.reset();
    for (const Peer& peer : peers_) {
        deadline_ = earlier(deadline_, deadline_of(peer, now));
        first_owner_deadline_ = earlier(first_owner_deadline_, peer.owner.deadline());
    }
    deadline_ = earlier(deadline_, first_owner_deadline_);
    if (deadline_) waited_.expect(*deadline_);
}

std::optional<Instant> ControlChannels::poll_deadline() const {
    return earlier(deadline_, sockets_.poll_deadline());
}

std::optional<PeerEvent> ControlChannels::poll_event() {
    if (events_.empty()) return std::nullopt;
    const PeerEvent event = events_.front();
    events_.pop_front();
    return event;
}

bool ControlChannels::is_proven(ServerId server) const {
    const Peer* peer = peer_of(server);
    return peer != nullptr && peer->is_proven;
}

bool ControlChannels::is_cut_off(ServerId home) const {
    const Peer* peer = peer_of(home);
    return peer != nullptr && peer->owner.is_cut_off();
}

bool ControlChannels::is_open(ServerId server) const {
    const Peer* peer = peer_of(server);
    return peer != nullptr && peer->open_channel() != nullptr;
}

bool ControlChannels::has_lost(ServerId server) const {
    const Peer* peer = peer_of(server);
    return peer != nullptr && peer->boot && peer->open_channel() == nullptr;
}

const ServerState* ControlChannels::candidate_state(ServerId server, Instant now) const {
    return is_open(server) && is_proven(server) ? states_.find(server, now) : nullptr;
}

std::vector<MemberStatus> ControlChannels::members() const {
    std::vector<MemberStatus> rows;
    for (const Server& server : config_.servers) {
        const Peer* peer = peer_of(server.id);
        if (peer == nullptr) {
            rows.push_back({server.id, MemberStatus::Link::Self, boot_, true});
            continue;
        }
        MemberStatus row{server.id, MemberStatus::Link::Connecting, peer->boot.value_or(0),
                         peer->is_proven};
        if (peer->is_dead) row.link = MemberStatus::Link::Dead;
        if (peer->open_channel() != nullptr) row.link = MemberStatus::Link::Open;
        rows.push_back(row);
    }
    return rows;
}

}  // namespace shunt::farm
