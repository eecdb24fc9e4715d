// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/sim_client.hh"

#include <fmt/format.h>

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

std::optional<Instant> pause_end(const ClientConnection& connection, Instant now) {
    const auto end = connection.deadline();
    return end && *end > now ? end : std::nullopt;
}

}  // namespace

SimClient::SimClient(const ClientConfig& config, std::vector<ConnectionPlan> plans,
                     std::uint64_t seed, ViolationLog& log)
    : config_(config),
      plans_(std::move(plans)),
      sequence_key_(draw_key(seed)),
      log_(log),
      interface_(stack::single_homed(config_.mac, config_.address, config_.prefix_length), pool_,
                 counters_, Instant{}),
      connections_(plans_.size()),
      is_counted_(plans_.size()),
      is_excused_(plans_.size()) {
    SHUNT_ASSERT(plans_.size() <= kConnectionsMax, "every connection has a port of its own");
    for (Slot slot = 0; slot < plans_.size(); ++slot)
        deadlines_.set(slot, plans_[slot].start);
}

void SimClient::handle_frame(link::LinkId, Packet frame, Instant now) {
    const std::optional<Packet> ours = interface_.handle_frame(std::move(frame), now);
    if (!ours) return;
    const auto ethernet = wire::EthernetView::parse(ours->bytes());
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->source() != config_.service) return;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment || segment->source_port() != config_.service_port) return;
    const std::uint16_t port = segment->destination_port();
    if (port < kFirstPort || std::size_t{port} - kFirstPort >= plans_.size()) return;
    const Slot slot = static_cast<Slot>(port - kFirstPort);
    if (!connections_[slot]) return;
    connections_[slot]->tcp().handle_segment(*segment, now);
    settle(slot, now);
}

void SimClient::handle_deadline(Instant now) {
    if (is_due(interface_.poll_deadline(), now)) interface_.handle_deadline(now);
    while (const auto slot = deadlines_.pop_due(now)) {
        if (connections_[*slot]) {
            connections_[*slot]->tcp().handle_deadline(now);
        } else {
            open(*slot, now);
        }
        settle(*slot, now);
    }
}

std::optional<link::OutgoingFrame> SimClient::poll_transmit(Instant) {
    std::optional<Packet> frame = interface_.poll_transmit();
    if (!frame) return std::nullopt;
    return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
}

std::optional<Instant> SimClient::poll_deadline() const {
    return earlier(deadlines_.earliest(), interface_.poll_deadline());
}

std::uint64_t SimClient::verified_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& connection : connections_) {
        if (connection) bytes += connection->responses().verified_bytes();
    }
    return bytes;
}

std::uint64_t SimClient::responses() const {
    std::uint64_t count = 0;
    for (const auto& connection : connections_) {
        if (connection) count += connection->responses().completed();
    }
    return count;
}

void SimClient::report_unfinished(Instant now) {
    for (Slot slot = 0; slot < plans_.size(); ++slot) {
        const auto& connection = connections_[slot];
        if (is_counted_[slot]) continue;
        const std::size_t completed = connection ? connection->responses().completed() : 0;
        log_.add(now, "liveness",
                 fmt::format("{} is in {} with {} of {} responses", tuple(slot).to_string(),
                             connection ? to_string(connection->tcp().state()) : "no state",
                             completed, plans_[slot].sizes.size()));
    }
}

wire::ConnectionTuple SimClient::tuple(std::size_t connection) const {
    return {config_.address, identity(connection).local_port, config_.service, config_.service_port,
            wire::TransportProtocol::Tcp};
}

tcp::Identity SimClient::identity(std::size_t connection) const {
    return {config_.address, static_cast<std::uint16_t>(kFirstPort + connection), config_.service,
            config_.service_port};
}

void SimClient::open(Slot slot, Instant now) {
    const tcp::Identity own = identity(slot);
    const tcp::Chance chance = tcp::draw_chance(sequence_key_, own, now);
    auto opened = tcp::Connection::connect(config_.tcp, own, chance, now);
    connections_[slot].emplace(std::move(*opened), plans_[slot]);
}

void SimClient::settle(Slot slot, Instant now) {
    ClientConnection& connection = *connections_[slot];
    auto fault = connection.advance(now);
    if (fault && !(is_excused_[slot] && connection.is_aborted()))
        log_.add(now, "EP-48", tuple(slot).to_string() + ": " + *fault);
    Packet packet = pool_.take();
    while (connection.tcp().poll_transmit(now, packet)) {
        interface_.send_ipv4(std::move(packet), now);
        packet = pool_.take();
    }
    deadlines_.set(slot, earlier(connection.tcp().poll_deadline(), pause_end(connection, now)));
    count_if_finished(slot);
}

void SimClient::count_if_finished(Slot slot) {
    const ClientConnection& connection = *connections_[slot];
    const bool is_given_up = is_excused_[slot] && connection.tcp().is_closed();
    if (is_counted_[slot] || !(connection.is_finished() || is_given_up)) return;
    is_counted_[slot] = true;
    ++finished_;
    if (is_excused_[slot]) --excused_;
    if (!connection.is_finished()) ++aborted_;
}

void SimClient::excuse(const wire::ConnectionTuple& tuple) {
    const std::size_t slot = std::size_t{tuple.client_port} - kFirstPort;
    if (tuple.client_port < kFirstPort || slot >= plans_.size()) return;
    if (is_excused_[slot] || is_counted_[slot] || !connections_[slot]) return;
    is_excused_[slot] = true;
    ++excused_;
}

void SimClient::give_up(Instant now) {
    for (Slot slot = 0; slot < plans_.size(); ++slot) {
        if (!is_excused_[slot] || is_counted_[slot]) continue;
        connections_[slot]->tcp().abort();
        settle(slot, now);
    }
}

ClientFate SimClient::fate(std::size_t connection) const {
    const auto& found = connections_.at(connection);
    return found ? found->fate() : ClientFate::Waiting;
}

bool SimClient::is_finished_but_for_excused() const {
    return finished_ + excused_ == plans_.size();
}

}  // namespace shunt::sim
