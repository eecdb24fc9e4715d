// SPDX-License-Identifier: Apache-2.0
// What happens to the connections of a host: segments, ICMP errors and deadlines come, packets go,
// and each change reaches the socket that is concerned.
#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/stack/socket_set.hh"
#include "shunt/tcp/icmp_error.hh"
#include "shunt/tcp/initial_sequence.hh"
#include "shunt/tcp/reset.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

/// Segments that one connection sends before the next one has its turn.
constexpr int kBurst = 8;
/// Destinations in doubt that nobody asked for yet.
constexpr std::size_t kDoubtedMax = 64;
/// How far behind the numbers of the connection before a new one begins (RFC 9293 3.6.1).
constexpr std::uint32_t kSequenceGap = 65'536;

}  // namespace

void SocketSet::handle_tcp(const wire::Ipv4View& ip, Instant now) {
    const auto segment = wire::TcpView::parse(ip);
    if (!segment) return host_.counters.add(segment.error());
    const tcp::Identity ends{ip.destination(), segment->destination_port(), ip.source(),
                             segment->source_port()};
    const auto slot = connections_.find(ends);
    if (!slot) {
        const wire::TcpFlags flags = segment->flags();
        const bool is_fresh = flags.syn && !flags.acknowledgment && !flags.reset;
        if (is_fresh) return open_passively(ends, *segment, nullptr, now);
        return answer_stray(ends, *segment);
    }
    tcp::Connection& connection = connections_.at(*slot).connection;
    if (connection.can_be_replaced_by(*segment)) {  // RFC 6191: out of TIME-WAIT
        return open_passively(ends, *segment, &connection, now);
    }
    if (const auto dropped = connection.handle_segment(*segment, now)) {
        host_.counters.add(*dropped);
    }
    settle(*slot, now);
}

/// RFC 9293 3.10.7.2. `before` is the connection in TIME-WAIT whose ends the new one has.
void SocketSet::open_passively(const tcp::Identity& ends, const wire::TcpView& syn,
                               const tcp::Connection* before, Instant now) {
    const auto index = bound_to(SocketKind::Tcp, {ends.local_address, ends.local_port});
    const bool is_listening = index && sockets_[*index].listening != nullptr;
    if (!is_listening) return answer_stray(ends, syn);
    Listening& listening = *sockets_[*index].listening;
    if (listening.waiting >= listening.backlog) {
        return host_.counters.add(Counter::DropSocketBacklog);
    }
    if (connections_.size() >= limits_.connections) {
        return host_.counters.add(Counter::DropSocketLimit);
    }
    tcp::Chance chance = tcp::draw_chance(sequence_key_, ends, now);
    if (before != nullptr && !chance.initial_sequence.after(before->send_next())) {
        chance.initial_sequence = before->send_next() + kSequenceGap;
    }
    auto config = config_for(sockets_[*index].options);
    auto accepted = tcp::Connection::accept(*config, ends, syn, chance, now);
    if (!accepted) return host_.counters.add(accepted.error());
    if (before != nullptr) finish(*connections_.find(ends), now);
    auto row = std::make_unique<HostConnection>(std::move(config), std::move(*accepted));
    row->listener = *index;
    const auto mtu = path_mtus_.find(ends.remote_address, now);
    if (mtu) row->connection.limit_path_mtu(*mtu);
    ++listening.waiting;
    apply(connections_.insert(std::move(row)), sockets_[*index].options, now);
}

void SocketSet::answer_stray(const tcp::Identity& ends, const wire::TcpView& segment) {
    host_.counters.add(Counter::TcpStray);
    const auto reset = tcp::Reset::answer_to(segment);
    if (!reset) return;
    Packet reply = host_.pool.take();
    reset->write(ends, reply);
    if (!outgoing_.push(std::move(reply))) host_.counters.add(Counter::DropLinkQueue);
}

/// After anything has happened to a connection: its events, its end, its socket, its deadline.
void SocketSet::settle(Slot slot, Instant now) {
    tcp::Connection& connection = connections_.at(slot).connection;
    while (const auto event = connection.poll_event())
        handle_event(slot, *event);
    HostConnection& row = connections_.at(slot);
    const bool is_unread = !row.socket && !row.listener;
    const bool is_ignored = row.socket && sockets_[*row.socket].is_reading_over;
    if (connection.receive_queue_size() > 0) {
        // Nobody will ever read it, and its sender should know (RFC 1122 4.2.2.13).
        if (is_unread) connection.abort();
        if (is_ignored) connection.consume(connection.receive_queue_size());
    }
    if (connection.is_closed()) return finish(slot, now);
    sending_.push(slot);
    deadlines_.set(slot, deadline_of(row));
    if (row.socket) note(*row.socket);
}

void SocketSet::handle_event(Slot slot, tcp::Event event) {
    HostConnection& row = connections_.at(slot);
    Socket* socket = row.socket ? &sockets_[*row.socket] : nullptr;
    const bool is_connecting = socket != nullptr && socket->phase == Phase::Connecting;
    switch (event) {
        case tcp::Event::Established:
            if (is_connecting) socket->phase = Phase::Connected;
            if (row.listener) {
                sockets_[*row.listener].listening->complete.push_back(slot);
                note(*row.listener);
            }
            return;
        case tcp::Event::Reset:
            if (socket == nullptr) return;
            return fail(*row.socket,
                        is_connecting ? ApiError::ConnectionRefused : ApiError::ConnectionReset);
        case tcp::Event::TimedOut:
            if (socket != nullptr) fail(*row.socket, ApiError::TimedOut);
            return;
        case tcp::Event::Unanswered:
            if (doubted_.size() < kDoubtedMax) {
                doubted_.push_back(row.connection.identity().remote_address);
            }
            return;
        case tcp::Event::Urgent:
            // More of it is told again, also to who has not read what was told (RFC 9293 MUST-32).
            if (socket != nullptr) socket->told.is_urgent = false;
            return;
        case tcp::Event::Readable:
        case tcp::Event::Writable:
        case tcp::Event::Unreachable:
        case tcp::Event::PeerFinished:
        case tcp::Event::Closed:
            return;  // note() compares
    }
}

/// The connection is over, or gives way to a new one: its ends are free, and what its socket has
/// not read stays until that is closed.
void SocketSet::finish(Slot slot, Instant now) {
    HostConnection& row = connections_.at(slot);
    Packet last = host_.pool.take();  // a reset, where one is owed
    while (row.connection.poll_transmit(now, last)) {
        if (!outgoing_.push(std::move(last))) host_.counters.add(Counter::DropLinkQueue);
        last = host_.pool.take();
    }
    deadlines_.set(slot, std::nullopt);
    connections_.unlist(slot);
    if (row.listener) leave_listener(slot);
    if (!row.socket) return connections_.erase(slot);
    const Index index = *row.socket;
    Socket& socket = sockets_[index];
    if (socket.phase == Phase::Connecting) {  // as it was before connect()
        socket.phase = Phase::Idle;
        socket.connection.reset();
        socket.remote.reset();
        if (!socket.is_bound) socket.local = {};
        connections_.erase(slot);
    }
    note(index);
}

void SocketSet::leave_listener(Slot slot) {
    const Index index = *std::exchange(connections_.at(slot).listener, std::nullopt);
    Listening& listening = *sockets_[index].listening;
    --listening.waiting;
    std::erase(listening.complete, slot);
    note(index);
}

std::optional<Instant> SocketSet::deadline_of(const HostConnection& row) const {
    return earlier(row.connection.poll_deadline(), row.given_up);
}

void SocketSet::handle_deadline(Instant now) {
    while (const auto slot = deadlines_.pop_due(now)) {
        HostConnection& row = connections_.at(*slot);
        if (row.given_up && *row.given_up <= now) {
            row.connection.abort();
        } else {
            row.connection.handle_deadline(now);
        }
        settle(*slot, now);
    }
}

std::optional<Packet> SocketSet::poll_transmit(Instant now) {
    for (;;) {
        if (auto packet = outgoing_.pop()) return packet;
        const auto slot = sending_.pop();
        if (!slot) return std::nullopt;
        if (connections_.contains(*slot) && transmit_from(*slot, now)) sending_.push(*slot);
    }
}

/// True if there may be more.
bool SocketSet::transmit_from(Slot slot, Instant now) {
    HostConnection& row = connections_.at(slot);
    if (!row.is_listed) return false;
    for (int sent = 0; sent < kBurst; ++sent) {
        if (outgoing_.size() == FrameQueue::kFramesMax) return true;
        Packet packet = host_.pool.take();
        if (!row.connection.poll_transmit(now, packet)) {
            deadlines_.set(slot, deadline_of(row));  // sending moves it
            return false;
        }
        const bool is_queued = outgoing_.push(std::move(packet));
        SHUNT_ASSERT(is_queued, "there was room");
    }
    return true;
}

void SocketSet::handle_icmp(const wire::Ipv4View& ip, Instant now) {
    const auto message = wire::IcmpView::parse(ip);
    if (!message) return host_.counters.add(message.error());
    if (!wire::is_error(message->type())) return host_.counters.add(Counter::DropIcmpType);
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    if (!quoted) return host_.counters.add(quoted.error());
    const bool is_ours = quoted->source() == ip.destination();
    if (is_ours && quoted->protocol() == wire::IpProtocol::Udp) {
        return hear_refusal(*message, *quoted);
    }
    const tcp::Identity ends{quoted->source(), quoted->source_port(), quoted->destination(),
                             quoted->destination_port()};
    const bool is_tcp = is_ours && quoted->protocol() == wire::IpProtocol::Tcp;
    const auto slot = is_tcp ? connections_.find(ends) : std::nullopt;
    if (!slot) return host_.counters.add(Counter::DropIcmpUnrelated);
    tcp::Connection& connection = connections_.at(*slot).connection;
    tcp::IcmpError error;
    error.type = message->type();
    error.code = message->code();
    error.sequence = quoted->sequence();
    error.quoted_length = quoted->total_length();
    if (error.is_fragmentation_needed()) error.next_hop_mtu = message->next_hop_mtu();
    if (const auto dropped = connection.handle_icmp(error)) return host_.counters.add(*dropped);
    if (error.is_fragmentation_needed()) {
        path_mtus_.learn(ends.remote_address, connection.path_mtu(), now);
    }
    settle(*slot, now);
}

std::optional<wire::Ipv4Address> SocketSet::poll_doubted() {
    if (doubted_.empty()) return std::nullopt;
    const wire::Ipv4Address destination = doubted_.back();
    doubted_.pop_back();
    return destination;
}

}  // namespace shunt::stack
