// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/scripted_client.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/stack/single_homed.hh"
#include "shunt/tcp/initial_sequence.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

/// Of the standard plan's front network (farm/standard_plan.hh).
constexpr std::uint8_t kPrefixLength = 16;

}  // namespace

wire::Ipv4Address ScriptedClient::address() {
    return {10, 7, 0, 10};
}

wire::MacAddress ScriptedClient::mac() {
    return wire::MacAddress({0x02, 0x07, 0x00, 0x00, 0x01, 0x0A});
}

ScriptedClient::ScriptedClient(std::uint64_t seed)
    : sequence_key_(draw_key(seed)),
      interface_(stack::single_homed(mac(), address(), kPrefixLength), pool_, counters_,
                 Instant{}) {}

ScriptedClient::Number ScriptedClient::open(wire::Ipv4Address service, std::uint16_t port,
                                            Instant now) {
    SHUNT_ASSERT(connections_.size() < kConnectionsMax, "every connection has a port of its own");
    const auto number = static_cast<Number>(connections_.size());
    const tcp::Identity identity{address(), static_cast<std::uint16_t>(kFirstPort + number),
                                 service, port};
    const tcp::Chance chance = tcp::draw_chance(sequence_key_, identity, now);
    auto opened = tcp::Connection::connect(tcp_config_, identity, chance, now);
    connections_.push_back({std::move(*opened), {}, {}});
    settle(number, now);
    return number;
}

void ScriptedClient::send(Number number, ByteView bytes, Instant now) {
    Connection& connection = connections_.at(number);
    SHUNT_ASSERT(!connection.is_closing, "nothing is sent behind the end");
    connection.unsent.insert(connection.unsent.end(), bytes.begin(), bytes.end());
    SHUNT_ASSERT(connection.unsent.size() <= kUnsentMax, "callers bound what they send");
    settle(number, now);
}

void ScriptedClient::close(Number number, Instant now) {
    connections_.at(number).is_closing = true;
    settle(number, now);
}

void ScriptedClient::abort(Number number, Instant now) {
    connections_.at(number).unsent.clear();
    connections_.at(number).is_closing = true;
    connections_.at(number).tcp.abort();
    settle(number, now);
}

wire::ConnectionTuple ScriptedClient::tuple(Number number) const {
    const tcp::Identity& identity = connections_.at(number).tcp.identity();
    return {identity.local_address, identity.local_port, identity.remote_address,
            identity.remote_port, wire::TransportProtocol::Tcp};
}

void ScriptedClient::handle_frame(link::LinkId, Packet frame, Instant now) {
    const std::optional<Packet> ours = interface_.handle_frame(std::move(frame), now);
    if (!ours) return;
    const auto ethernet = wire::EthernetView::parse(ours->bytes());
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Tcp) return;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment || segment->destination_port() < kFirstPort) return;
    const std::size_t index = std::size_t{segment->destination_port()} - kFirstPort;
    if (index >= connections_.size()) return;
    const auto number = static_cast<Number>(index);
    const tcp::Identity& identity = connections_[index].tcp.identity();
    if (packet->source() != identity.remote_address ||
        segment->source_port() != identity.remote_port) {
        return;
    }
    connections_[index].tcp.handle_segment(*segment, now);
    settle(number, now);
}

void ScriptedClient::handle_deadline(Instant now) {
    if (is_due(interface_.poll_deadline(), now)) interface_.handle_deadline(now);
    while (const auto slot = deadlines_.pop_due(now)) {
        connections_[*slot].tcp.handle_deadline(now);
        settle(*slot, now);
    }
}

std::optional<link::OutgoingFrame> ScriptedClient::poll_transmit(Instant) {
    std::optional<Packet> frame = interface_.poll_transmit();
    if (!frame) return std::nullopt;
    return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
}

std::optional<Instant> ScriptedClient::poll_deadline() const {
    return earlier(deadlines_.earliest(), interface_.poll_deadline());
}

void ScriptedClient::note_events(Connection& connection) {
    while (const auto event = connection.tcp.poll_event()) {
        connection.is_reset = connection.is_reset || *event == tcp::Event::Reset;
        connection.is_timed_out = connection.is_timed_out || *event == tcp::Event::TimedOut;
        connection.has_peer_finished =
            connection.has_peer_finished || *event == tcp::Event::PeerFinished;
    }
}

void ScriptedClient::settle(Number number, Instant now) {
    Connection& connection = connections_.at(number);
    note_events(connection);
    // What is beyond the limit stays in the receive buffer, whose window then closes.
    while (!connection.tcp.readable().empty() && connection.received.size() < kReceivedMax) {
        const ByteView bytes = connection.tcp.readable();
        connection.received.insert(connection.received.end(), bytes.begin(), bytes.end());
        connection.tcp.consume(bytes.size());
    }
    const std::size_t sent = connection.tcp.send(connection.unsent);
    connection.unsent.erase(connection.unsent.begin(),
                            connection.unsent.begin() + static_cast<std::ptrdiff_t>(sent));
    if (connection.is_closing && connection.unsent.empty()) connection.tcp.close();
    Packet packet = pool_.take();
    while (connection.tcp.poll_transmit(now, packet)) {
        interface_.send_ipv4(std::move(packet), now);
        packet = pool_.take();
    }
    note_events(connection);
    deadlines_.set(number, connection.tcp.poll_deadline());
}

}  // namespace shunt::sim
