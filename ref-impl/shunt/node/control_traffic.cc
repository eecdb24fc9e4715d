// SPDX-License-Identifier: Apache-2.0
// The node's end of the control channels: their packets on the back link, what this server tells of
// itself (SEL-6), and what becomes of connections when a peer dies or starts anew (EP-33, CTL-7).
#include <algorithm>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::node {

using migrate::ForwardConnectEndpoint;
using migrate::ForwardEntry;

namespace {

constexpr const char* kHomeSilent = "it is offered back to its home, of which nothing is heard";

}  // namespace

/// True if the packet, which begins at its Ethernet header, was the channels' business.
bool Node::handle_control_packet(const Packet& packet, Instant now) {
    if (!channels_) return false;
    const auto ethernet = wire::EthernetView::parse(packet.bytes());
    const auto ip = wire::Ipv4View::parse(ethernet->payload());
    if (!ip || ip->destination() != self_.control_ip.address) return false;
    const bool is_theirs =
        ip->protocol() == wire::IpProtocol::Tcp || ip->protocol() == wire::IpProtocol::Icmp;
    if (!is_theirs) return false;
    // SEC-1. In the routed binding a router's station carries what a member sends.
    const farm::Server* sender = config_.server_by_control_ip(ip->source());
    const bool is_on_link = config_.farm.binding == farm::Binding::Ethernet;
    const bool is_members = sender != nullptr && sender->id != self_.id &&
                            (!is_on_link || sender->back_mac == ethernet->source());
    const bool is_routers = !is_on_link && ip->protocol() == wire::IpProtocol::Icmp;
    if (!is_members && !is_routers) {
        counters_.add(Counter::DropControlMember);
        return true;
    }
    channels_->handle_packet(*ip, now);
    hear_of_peers(now);
    hear_moves(now);
    serve_objects(now);
    return true;
}

void Node::handle_channel_deadline(Instant now) {
    if (!channels_) return;
    if (is_due(channels_->poll_deadline(), now)) channels_->handle_deadline(now);
    hear_of_peers(now);
    hear_moves(now);
    tell_state(now);
}

std::optional<Instant> Node::channel_deadline() const {
    if (!channels_) return std::nullopt;
    return earlier(channels_->poll_deadline(), next_state());
}

/// EP-33: before anything is sent, and before anything that has arrived is looked at.
void Node::stop_where_cut_off(Instant now) {
    if (!channels_) return;
    channels_->expire_owners(now);
    hear_of_peers(now);
}

void Node::hear_of_peers(Instant now) {
    while (const auto event = channels_->poll_event()) {
        switch (event->kind) {
            case farm::PeerEvent::Kind::Restarted:
                if (!is_mutant(Mutant::KeepsRecordsOfRestarted)) abandon_owner(event->peer);
                if (!is_mutant(Mutant::KeepsEndpointsOfRestarted)) drop_moved_in_from(event->peer);
                if (sessions_ && !is_mutant(Mutant::KeepsSessionsOfRestarted))
                    sessions_->forget(event->peer);
                break;
            case farm::PeerEvent::Kind::Proven:
                farm_link_.open_fence(event->peer);
                break;
            case farm::PeerEvent::Kind::Dead:
                if (!is_mutant(Mutant::KeepsRecordsOfDead)) abandon_owner(event->peer);
                if (sessions_) sessions_->forget(event->peer);
                break;
            case farm::PeerEvent::Kind::CutOff:
                shedding_.free_places(event->peer, kHomeSilent);
                if (is_mutant(Mutant::ActsWhileCutOff)) break;
                for_each_moved_in_from(event->peer, [&](Slot slot) { target_.suspend(slot, now); });
                break;
            case farm::PeerEvent::Kind::Back:
                for_each_moved_in_from(event->peer,
                                       [&](Slot slot) { target_.ask_again(slot, now); });
                break;
            case farm::PeerEvent::Kind::Opened:
                if (sessions_ && !is_mutant(Mutant::TellsNoNewcomer))
                    sessions_->tell_all(*channels_, event->peer, now);
                if (blob_exchange_) blob_exchange_->say_again(event->peer, now);
                break;
        }
    }
    // Behind the events: a peer that has restarted has told of these afterwards.
    if (sessions_) sessions_->hear(*channels_, now);
}

/// Without its record a connection's next packet is answered with a reset (EP-20), its next SYN
/// opens a new one, and what its owner may still say of it is refused (EP-16).
void Node::abandon_owner(farm::ServerId owner) {
    flows_.abandon_owner(owner);
    for (const Slot slot : tables_.sorted_slots()) {
        const auto* entry = tables_.at(slot).as<ForwardEntry>();
        if (entry == nullptr || entry->owner != owner || entry->is_over) continue;
        counters_.add(Counter::ForwardAbandoned);
        erase(slot);
    }
}

/// CTL-7: a home that has started again knows of none of them, and its clients get resets.
void Node::drop_moved_in_from(farm::ServerId home) {
    exchange_.imports.drop_from(home);
    flows_.drop_moved_in_from(home);
    for (const Slot slot : tables_.sorted_slots()) {
        const auto* endpoint = tables_.at(slot).as<ForwardConnectEndpoint>();
        if (endpoint == nullptr || endpoint->home != home) continue;
        counters_.add(Counter::CopyOrphaned);
        erase(slot);
    }
}

void Node::for_each_moved_in_from(farm::ServerId home, const std::function<void(Slot)>& act) {
    for (const Slot slot : tables_.sorted_slots()) {
        const auto* endpoint = tables_.at(slot).as<ForwardConnectEndpoint>();
        if (endpoint == nullptr || endpoint->home != home) continue;
        act(slot);
        deadlines_.set(slot, record_deadline(tables_.at(slot)));
    }
}

/// Who does not answer is no candidate (SEL-3), and an offer to it would only be lost.
bool Node::may_offer_to(farm::ServerId server) const {
    return !channels_ || server == self_.id || is_mutant(Mutant::OffersBehindFence) ||
           (channels_->is_open(server) && channels_->is_proven(server));
}

void Node::set_load(const farm::LocalLoad& load) {
    has_news_ = has_news_ || load != load_;
    load_ = load;
}

wire::ServerLoad Node::own_load() const {
    return {own_connections(), load_.cpu_per_mille, load_.unused_memory_bytes,
            load_.unused_bandwidth_bps};
}

farm::ServerState Node::own_state() const {
    farm::ServerState state;
    state.load = own_load();
    state.applications = load_.applications;
    // EP-43: so nobody selects it.
    if (context_.is_draining && !is_mutant(Mutant::ListensWhileDraining)) return state;
    for (const farm::Listen& listen : config_.listens) {
        const bool is_told = state.listens_on(listen.port);  // of the other transport protocol
        if (listen.server != self_.name || !listen.is_open || is_told) continue;
        for (const wire::Ipv4Address service : self_.services)
            state.listening.push_back({service, listen.port, load_.process});
        // A pure target has no service of its own to listen on.
        if (self_.services.empty()) {
            state.listening.push_back({self_.front_ip.address, listen.port, load_.process});
        }
    }
    return state;
}

/// On change, but not more often than every kStatePauseMin, and each kStatePeriod (SEL-6).
std::optional<Instant> Node::next_state() const {
    const bool has_changed = has_news_ || told_connections_ != own_connections();
    return last_state_ + (has_changed ? farm::kStatePauseMin : farm::kStatePeriod);
}

void Node::tell_state(Instant now) {
    if (!is_due(next_state(), now)) return;
    const farm::ServerState state = own_state();
    channels_->tell_state(state, now);
    told_connections_ = state.load.connections;
    has_news_ = false;
    last_state_ = now;
}

std::vector<MemberRow> Node::members() const {
    std::vector<MemberRow> rows;
    if (!channels_) {
        for (const farm::Server& server : config_.servers)
            rows.push_back({server.name, server.id, server.id == self_.id ? "self" : "none", 0});
        return rows;
    }
    for (const farm::MemberStatus& member : channels_->members()) {
        MemberRow row{config_.server_by_id(member.id)->name, member.id, "", member.boot};
        switch (member.link) {
            case farm::MemberStatus::Link::Self:
                row.channel = "self";
                break;
            case farm::MemberStatus::Link::Connecting:
                row.channel = "connecting";
                break;
            case farm::MemberStatus::Link::Open:
                row.channel = "open";
                break;
            case farm::MemberStatus::Link::Dead:
                row.channel = "dead";
                break;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<ServerRows> Node::server_states(Instant now) const {
    std::vector<ServerRows> rows;
    for (const farm::Server& server : config_.servers) {
        if (server.id == self_.id) {
            rows.push_back({server.name, own_state()});
        } else if (const auto* state =
                       channels_ ? channels_->told_state(server.id, now) : nullptr) {
            rows.push_back({server.name, *state});
        }
    }
    return rows;
}

}  // namespace shunt::node
