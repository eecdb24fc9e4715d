// SPDX-License-Identifier: Apache-2.0
// What arrives from clients: to the own stack, held, forwarded, or answered as TCP prescribes
// (docs/protocol/endpoint.md, EP-1, EP-5, EP-20).
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/tcp/initial_sequence.hh"
#include "shunt/tcp/reset.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using migrate::ForwardEntry;
using migrate::TemporaryEndpoint;

namespace {

tcp::Identity identity_of(const wire::ConnectionTuple& tuple) {
    return {tuple.service, tuple.service_port, tuple.client, tuple.client_port};
}

}  // namespace

void Node::handle_front_packet(Packet packet, Instant now) {
    packet.trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip) return counters_.add(ip.error());
    packet.trim_back(packet.size() - ip->total_length());  // the link's padding
    if (!self_.has_service(ip->destination())) return counters_.add(Counter::DropFrontNoService);
    if (config_.is_farm_address(ip->source())) return counters_.add(Counter::DropFrontFarmSource);
    if (ip->is_fragment()) return counters_.add(Counter::DropIpv4Fragment);
    if (ip->protocol() != wire::IpProtocol::Tcp) {
        return counters_.add(Counter::DropFrontProtocol);
    }
    const auto tuple = wire::ConnectionTuple::from_client_packet(*ip);
    if (!tuple) return counters_.add(Counter::DropTcpTruncated);
    handle_client_segment(std::move(packet), *tuple, now);
}

void Node::handle_client_segment(Packet packet, const wire::ConnectionTuple& tuple, Instant now) {
    const auto slot = tables_.find(tuple);
    if (slot) {
        const auto* entry = tables_.at(*slot).as<ForwardEntry>();
        // The owner's stack verifies what is forwarded; the bytes go as they came (EP-21).
        if (entry != nullptr && !entry->is_over) {
            if (home_.forward(*slot, std::move(packet), now)) settle(*slot, now);
            return;
        }
    }
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment) return counters_.add(segment.error());
    const auto flags = segment->flags();
    const bool is_fresh = flags.syn && !flags.acknowledgment && !flags.reset;
    if (!slot) {
        return is_fresh ? open_connection(tuple, *segment, now)
                        : answer_stray(tuple, *segment, now);
    }
    migrate::Record& record = tables_.at(*slot);
    if (record.as<TemporaryEndpoint>() != nullptr) {
        return handle_undecided(*slot, std::move(packet), now);
    }
    if (record.as<ForwardEntry>() != nullptr) {  // over: only a SYN is more than an echo (EP-31)
        if (!is_fresh) return counters_.add(Counter::DropForwardOver);
        erase(*slot);
        return open_connection(tuple, *segment, now);
    }
    if (record.connection()->can_be_replaced_by(*segment)) {  // RFC 6191: out of TIME-WAIT
        erase(*slot);
        return open_connection(tuple, *segment, now);
    }
    give(*record.connection(), *segment, now);
    settle(*slot, now);
}

void Node::answer_stray(const wire::ConnectionTuple& tuple, const wire::TcpView& segment,
                        Instant now) {
    counters_.add(Counter::TcpStray);
    const auto reset = tcp::Reset::answer_to(segment);
    if (!reset) return;
    Packet reply = pool_.take();
    reset->write(identity_of(tuple), reply);
    front_.send_ipv4(std::move(reply), now);
}

void Node::open_connection(const wire::ConnectionTuple& tuple, const wire::TcpView& syn,
                           Instant now) {
    // A port that no server of the farm listens on is closed (RFC 9293 3.10.7.1).
    if (farm::listening_servers(config_, self_.id, tuple.service_port).empty()) {
        return answer_stray(tuple, syn, now);
    }
    if (!tables_.has_room(migrate::Table::Temporary)) {
        return counters_.add(Counter::DropTemporaryFull);
    }
    const tcp::Identity identity = identity_of(tuple);
    const tcp::Chance chance = tcp::draw_chance(sequence_key_, identity, now);
    auto connection = tcp::Connection::accept(tcp_config_, identity, syn, chance, now);
    if (!connection) return counters_.add(connection.error());
    TemporaryEndpoint endpoint(std::move(*connection), held_budget_);
    endpoint.connection.hold_text(!is_mutant(Mutant::AcknowledgesRequestBeforeDecision));
    endpoint.born = now;
    settle(tables_.insert(tuple, std::move(endpoint)), now);
}

void Node::handle_undecided(Slot slot, Packet packet, Instant now) {
    auto& endpoint = *tables_.at(slot).as<TemporaryEndpoint>();
    if (endpoint.phase == TemporaryEndpoint::Phase::Migrating) {
        return home_.hold(slot, std::move(packet));
    }
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    const auto segment = *wire::TcpView::parse(*ip);
    const bool was_handshake = endpoint.phase == TemporaryEndpoint::Phase::Handshake;
    const bool carries = !segment.payload().empty() || segment.flags().fin;
    // The connection holds text back: the request is neither acknowledged nor consumed (SEL-5).
    const bool is_taken = give(endpoint.connection, segment, now);
    if (endpoint.connection.is_closed()) return settle(slot, now);
    if (was_handshake && endpoint.connection.state() == tcp::State::Established) {
        endpoint.phase = TemporaryEndpoint::Phase::Request;
        const ByteView bytes = packet.bytes();
        endpoint.handshake_acknowledgment.assign(bytes.begin(), bytes.end());
        endpoint.established = now;
    }
    if (endpoint.phase == TemporaryEndpoint::Phase::Request && carries && is_taken) {
        home_.hold(slot, std::move(packet));
    }
    if (endpoint.phase == TemporaryEndpoint::Phase::Request) decide(slot, false, now);
    if (tables_.contains(slot)) settle(slot, now);
}

}  // namespace shunt::node
