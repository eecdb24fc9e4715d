// SPDX-License-Identifier: Apache-2.0
// What arrives from clients: to the own stack, held, forwarded, or answered as TCP prescribes
// (docs/protocol/endpoint.md, EP-1, EP-5, EP-20).
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/stack/segmentation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using migrate::ForwardEntry;
using migrate::LocalEndpoint;
using migrate::TemporaryEndpoint;

namespace {

wire::TcpView segment_of(const Packet& packet) {
    return *wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
}

/// A defect: the client's address and port are taken for the whole tuple (EP-28).
std::optional<migrate::Slot> find_by_client(const migrate::ConnectionTables& tables,
                                            const wire::ConnectionTuple& tuple) {
    for (const migrate::Slot slot : tables.sorted_slots()) {
        const wire::ConnectionTuple& other = tables.at(slot).tuple;
        if (other.client == tuple.client && other.client_port == tuple.client_port) return slot;
    }
    return std::nullopt;
}

}  // namespace

void Node::handle_front_packet(Packet packet, Instant now) {
    packet.trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip) return counters_.add(ip.error());
    packet.trim_back(packet.size() - ip->total_length());  // the link's padding
    if (config_.is_farm_address(ip->source()) && !is_mutant(Mutant::AcceptsFarmAddresses) &&
        !is_mutant(Mutant::MovesFarmClients)) {
        return counters_.add(Counter::DropFrontFarmSource);
    }
    if (ip->protocol() == wire::IpProtocol::Udp) return handle_datagram(std::move(packet), now);
    if (ip->destination() == self_.front_ip.address) return refuse_at_front(*ip, now);
    if (!self_.has_service(ip->destination()) && !is_mutant(Mutant::ServesAnyService)) {
        return counters_.add(Counter::DropFrontNoService);
    }
    if (ip->protocol() == wire::IpProtocol::Icmp) return handle_icmp(std::move(packet), now);
    if (ip->protocol() != wire::IpProtocol::Tcp) return refuse_protocol(*ip, now);
    const auto tuple = wire::ConnectionTuple::from_client_packet(*ip);
    if (!tuple) return counters_.add(Counter::DropTcpTruncated);
    handle_client_segment(std::move(packet), *tuple, now);
}

/// The server's own address serves nobody: each of its ports is closed (RFC 9293 3.5.2, group 1),
/// no protocol is taken there (RFC 1122 3.2.2.1). No connection of the farm has this address, so
/// none can be reset by mistake.
void Node::refuse_at_front(const wire::Ipv4View& ip, Instant now) {
    if (ip.protocol() == wire::IpProtocol::Icmp) return counters_.add(Counter::DropFrontNoService);
    if (ip.protocol() != wire::IpProtocol::Tcp) return refuse_protocol(ip, now);
    const auto segment = wire::TcpView::parse(ip);
    if (!segment) return counters_.add(segment.error());
    if (!front_resets_.take(now)) return counters_.add(Counter::DropFrontNoService);
    answer_stray(*wire::ConnectionTuple::from_client_packet(ip), *segment, now);
}

void Node::handle_client_segment(Packet packet, const wire::ConnectionTuple& tuple, Instant now) {
    const auto slot =
        is_mutant(Mutant::ConfusesServices) ? find_by_client(tables_, tuple) : tables_.find(tuple);
    if (packet.unfinished().any()) {
        const bool is_served_here = slot && tables_.at(*slot).as<LocalEndpoint>() != nullptr;
        if (!is_served_here) return handle_pieces(std::move(packet), tuple, now);
    }
    if (slot) {
        const auto* entry = tables_.at(*slot).as<ForwardEntry>();
        // The owner's stack verifies what is forwarded; the bytes go as they came (EP-21).
        if (entry != nullptr && !entry->is_over) {
            if (is_mutant(Mutant::ProcessesWhatItForwards)) {
                answer_stray(tuple, segment_of(packet), now);
            }
            const std::size_t most =
                entry->flow ? farm_link_.rewritten_max() : farm_link_.payload_max();
            if (is_too_long_to_forward(most, packet, now)) return;
            if (home_.forward(*slot, std::move(packet), now)) settle(*slot, now);
            return;
        }
    }
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    const auto segment =
        wire::TcpView::parse(*ip, packet.unfinished().checksum ? wire::ChecksumField::Partial
                                                               : wire::ChecksumField::Complete);
    if (!segment) return counters_.add(segment.error());
    const auto flags = segment->flags();
    const bool is_fresh = flags.syn && !flags.acknowledgment && !flags.reset;
    if (!slot) {
        if (is_fresh) return open_connection(tuple, *segment, now);
        if (!open_by_cookie(packet, tuple, *segment, now)) answer_stray(tuple, *segment, now);
        return;
    }
    migrate::Record& record = tables_.at(*slot);
    if (record.as<TemporaryEndpoint>() != nullptr) {
        return handle_undecided(*slot, std::move(packet), now);
    }
    if (record.as<ForwardEntry>() != nullptr) {  // over: only a SYN is more than an echo (EP-31)
        if (!is_fresh) return counters_.add(Counter::DropForwardOver);
        return replace_connection(*slot, *segment, now);
    }
    if (record.connection()->can_be_replaced_by(*segment)) {  // RFC 6191: out of TIME-WAIT
        return replace_connection(*slot, *segment, now);
    }
    give(*record.connection(), *segment, now);
    settle(*slot, now);
}

/// What the link did not finish is held and forwarded as it would have come by a wire (EP-5, EP-21,
/// FRM-9): in segments that the client's MSS made, whose checksums are complete.
void Node::handle_pieces(Packet packet, const wire::ConnectionTuple& tuple, Instant now) {
    if (packet.unfinished().segment_size == 0) {
        stack::complete_checksum(packet, 0);
        return handle_client_segment(std::move(packet), tuple, now);
    }
    stack::Segmentation pieces(packet.bytes(), 0, packet.unfinished(), pool_);
    while (auto piece = pieces.next())
        handle_client_segment(std::move(*piece), tuple, now);
}

/// FRM-9: says so to the client if its packet is longer than the back link carries, which is
/// `most`, and must not be fragmented.
bool Node::is_too_long_to_forward(std::size_t most, const Packet& packet, Instant now) {
    if (packet.size() <= most) return false;
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip->dont_fragment()) return false;
    counters_.add(Counter::DropForwardMtu);
    if (is_mutant(Mutant::SilentAboutLength)) return true;
    front_.send_fragmentation_needed(*ip, static_cast<std::uint16_t>(most), now);
    return true;
}

void Node::handle_undecided(Slot slot, Packet packet, Instant now) {
    auto& endpoint = *tables_.at(slot).as<TemporaryEndpoint>();
    if (endpoint.phase == TemporaryEndpoint::Phase::Migrating) {
        if (is_mutant(Mutant::ResetsWhileMigrating)) {
            answer_stray(tables_.at(slot).tuple, segment_of(packet), now);
        }
        if (is_mutant(Mutant::ServesWhileFrozen)) {
            give(endpoint.connection, segment_of(packet), now);
            settle(slot, now);
        }
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
        endpoint.place.reset();
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
