// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/interface.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/ip/fragmentation.hh"
#include "shunt/ip/ipv4_address_checks.hh"
#include "shunt/stack/segmentation.hh"
#include "shunt/wire/icmp.hh"

namespace shunt::stack {

namespace {

// IEEE 802.1Q and 802.1ad tags.
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint16_t kEtherTypeServiceVlan = 0x88A8;

bool contains(const std::vector<wire::Ipv4Address>& addresses, wire::Ipv4Address address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace

Interface::Interface(Config config, PacketPool& pool, Counters& counters, Instant now)
    : config_(std::move(config)),
      pool_(pool),
      counters_(counters),
      routes_(config_.routes),
      icmp_replies_(pool, now),
      reassembly_(pool, counters) {
    for (const StaticNeighbor& neighbor : config_.static_neighbors) {
        neighbors_.set_fixed(neighbor.address, neighbor.mac);
    }
}

std::optional<Packet> Interface::drop(Counter reason) {
    counters_.add(reason);
    return std::nullopt;
}

bool Interface::answers_echo(wire::Ipv4Address address) const {
    return contains(config_.own, address);
}

bool Interface::is_own(wire::Ipv4Address address) const {
    return answers_echo(address) || contains(config_.own_silent, address);
}

std::optional<Packet> Interface::handle_frame(Packet frame, Instant now) {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    if (!ethernet) return drop(ethernet.error());
    if (const auto fault = station_fault(*ethernet)) return drop(*fault);
    switch (ethernet->type()) {
        case wire::kEtherTypeIpv4:
            return handle_ipv4(std::move(frame), *ethernet, now);
        case wire::kEtherTypeArp:
            handle_arp(ethernet->payload(), now);
            return std::nullopt;
        case kEtherTypeVlan:
        case kEtherTypeServiceVlan:
            return drop(Counter::DropEthernetVlan);
        default:
            break;
    }
    const auto& others = config_.other_types;
    const bool is_taken = std::find(others.begin(), others.end(), ethernet->type()) != others.end();
    if (!is_taken) return drop(Counter::DropEthernetType);
    return frame;
}

std::optional<Counter> Interface::station_fault(const wire::EthernetView& ethernet) const {
    const wire::MacAddress destination = ethernet.destination();
    if (destination != config_.mac && !destination.is_multicast()) {
        return Counter::DropEthernetDestination;
    }
    const wire::MacAddress source = ethernet.source();
    if (source.is_multicast() || source == config_.mac) return Counter::DropEthernetSource;
    return std::nullopt;
}

// --- IPv4 ---

std::optional<Packet> Interface::handle_ipv4(Packet frame, const wire::EthernetView& ethernet,
                                             Instant now) {
    const auto ip = wire::Ipv4View::parse(ethernet.payload());
    if (!ip) return drop(ip.error());
    if (const auto fault = address_fault(ethernet, *ip)) return drop(*fault);
    if (is_mutant(Mutant::TakesMartians) && !routes_.next_hop(ip->source())) {
        neighbors_.learn(ip->source(), ethernet.source(), true, now);
    }
    if (!ip->is_fragment() || !answers_echo(ip->destination())) {
        return pass_up(std::move(frame), *ip, now);
    }
    if (is_mutant(Mutant::DropsFragments)) return drop(Counter::DropIpv4Destination);
    auto whole = reassembly_.add(*ip, now);
    if (!whole) return std::nullopt;
    wire::EthernetHeader{ethernet.destination(), ethernet.source(), ethernet.type()}.prepend_to(
        *whole);
    const auto datagram = wire::Ipv4View::parse(whole->bytes().subspan(wire::kEthernetHeaderSize));
    SHUNT_ASSERT(datagram, "what is put together is a whole packet");
    return pass_up(std::move(*whole), *datagram, now);
}

/// Answers echo requests, and passes everything else.
std::optional<Packet> Interface::pass_up(Packet frame, const wire::Ipv4View& ip, Instant now) {
    const bool may_be_echo = ip.protocol() == wire::IpProtocol::Icmp && !ip.is_fragment() &&
                             answers_echo(ip.destination());
    if (!may_be_echo) return frame;
    const auto message = wire::IcmpView::parse(ip);
    if (!message) return drop(message.error());
    if (message->type() != wire::IcmpType::Echo) return frame;
    send_reply(icmp_replies_.echo_reply(ip, *message, now), now);
    return std::nullopt;
}

std::optional<Counter> Interface::address_fault(const wire::EthernetView& ethernet,
                                                const wire::Ipv4View& ip) const {
    const bool is_for_all = ethernet.destination() != config_.mac;
    if (is_for_all && !is_mutant(Mutant::TakesLinkBroadcast)) return Counter::DropIpv4LinkBroadcast;
    const bool has_options = ip.header_size() > wire::kIpv4HeaderSize;
    if (has_options && is_mutant(Mutant::DropsIpOptions)) return Counter::DropIpv4Source;
    const wire::Ipv4Address source = ip.source();
    const bool is_martian =
        !ip::is_host_address(source) || routes_.is_broadcast(source) || is_own(source);
    if (is_martian && !is_mutant(Mutant::TakesMartians)) {
        return Counter::DropIpv4Source;
    }
    if (!is_own(ip.destination())) return Counter::DropIpv4Destination;
    return std::nullopt;
}

void Interface::send_reply(Result<Packet, Counter> reply, Instant now) {
    if (!reply) return counters_.add(reply.error());
    send_ipv4(std::move(*reply), now);
}

void Interface::send_port_unreachable(const wire::Ipv4View& about, Instant now) {
    send_reply(icmp_replies_.port_unreachable(about, now), now);
}

void Interface::send_protocol_unreachable(const wire::Ipv4View& about, Instant now) {
    send_reply(icmp_replies_.protocol_unreachable(about, now), now);
}

void Interface::send_fragmentation_needed(const wire::Ipv4View& about, std::uint16_t mtu,
                                          Instant now) {
    send_reply(icmp_replies_.fragmentation_needed(about, mtu, now), now);
}

void Interface::send_ipv4(Packet packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    SHUNT_ASSERT(ip, "the layers above write whole IPv4 packets");
    const wire::Ipv4Address destination = ip->destination();
    const bool is_reachable = ip::is_host_address(destination) &&
                              !routes_.is_broadcast(destination) && !is_own(destination);
    auto next_hop = is_reachable ? routes_.next_hop(destination) : std::nullopt;
    if (!is_reachable && is_mutant(Mutant::TakesMartians)) next_hop = destination;
    if (!next_hop) return counters_.add(Counter::DropRouteNone);
    const std::size_t longest = longest_piece(packet);
    const bool is_for_offload = packet.size() <= config_.train_max && longest <= config_.mtu;
    if (packet.unfinished().any() && !is_for_offload) {
        Segmentation pieces(packet.bytes(), 0, packet.unfinished(), pool_);
        while (auto piece = pieces.next())
            send_ipv4(std::move(*piece), now);
        return;
    }
    if (longest <= config_.mtu) return send_within_mtu(std::move(packet), *next_hop, now);
    if (ip->dont_fragment()) return counters_.add(Counter::DropLinkMtu);
    for (Packet& piece : ip::fragment(*ip, config_.mtu, pool_))
        send_within_mtu(std::move(piece), *next_hop, now);
}

void Interface::send_within_mtu(Packet packet, wire::Ipv4Address next_hop, Instant now) {
    const auto station = neighbors_.resolve(next_hop, now);
    send_due_requests();
    if (station) return send_to(*station, wire::kEtherTypeIpv4, std::move(packet));
    const bool is_held = station.error() == ip::NeighborCache::Unresolved::Asking &&
                         waiting_.hold(next_hop, std::move(packet));
    if (!is_held) counters_.add(Counter::DropNeighborFull);
}

void Interface::doubt_route_to(wire::Ipv4Address destination, Instant now) {
    const auto next_hop = routes_.next_hop(destination);
    if (next_hop) neighbors_.doubt(*next_hop, now);
}

/// The own MAC (SYS-4). A defect: a packet from an address of somebody else has another.
wire::MacAddress Interface::sender_of(const Packet& payload, std::uint16_t type) const {
    if (!is_mutant(Mutant::SendsRepliesFromOtherMac)) return config_.mac;
    const auto ip = wire::Ipv4View::parse(payload.bytes());
    const bool is_of_another = type == wire::kEtherTypeIpv4 && ip && !is_own(ip->source());
    return is_of_another ? wire::MacAddress({0x02, 0x5E, 0, 0, 0, 1}) : config_.mac;
}

void Interface::send_to(wire::MacAddress station, std::uint16_t type, Packet payload) {
    if (longest_piece(payload) > config_.mtu) return counters_.add(Counter::DropLinkMtu);
    wire::EthernetHeader{station, sender_of(payload, type), type}.prepend_to(payload);
    if (!outgoing_.push(std::move(payload))) counters_.add(Counter::DropLinkQueue);
}

// --- ARP (RFC 826, "packet reception") ---

void Interface::handle_arp(ByteView bytes, Instant now) {
    const auto arp = wire::ArpView::parse(bytes);
    if (!arp) return counters_.add(arp.error());
    if (const auto fault = arp_fault(*arp)) return counters_.add(*fault);
    const bool is_for_us = is_own(arp->target_ip()) || is_mutant(Mutant::AnswersArpForAll);
    // Who only asks whether an address is free has none yet (RFC 5227 2.1.1), and who is not on
    // the link is reached through a router: both are answered, neither is remembered.
    if (routes_.is_on_link(arp->sender_ip())) {
        const auto outcome = neighbors_.learn(arp->sender_ip(), arp->sender_mac(), is_for_us, now);
        if (outcome == ip::NeighborCache::Outcome::Refused) {
            return counters_.add(Counter::DropArpConflict);
        }
        if (outcome == ip::NeighborCache::Outcome::Learned) {
            send_waiting(arp->sender_ip(), arp->sender_mac());
        }
    }
    if (!is_for_us || arp->operation() != wire::ArpOperation::Request) return;
    wire::ArpMessage reply;
    reply.operation = wire::ArpOperation::Reply;
    reply.sender_mac = config_.mac;
    reply.sender_ip = arp->target_ip();
    reply.target_mac = arp->sender_mac();
    reply.target_ip = arp->sender_ip();
    send_arp(reply, arp->sender_mac());
}

std::optional<Counter> Interface::arp_fault(const wire::ArpView& arp) const {
    const wire::MacAddress station = arp.sender_mac();
    const wire::Ipv4Address address = arp.sender_ip();
    const bool is_possible = !station.is_multicast() && station != wire::MacAddress() &&
                             (address.is_unspecified() || ip::is_host_address(address)) &&
                             !routes_.is_broadcast(address);
    if (!is_possible) return Counter::DropArpSender;
    if (is_own(address) || station == config_.mac) return Counter::DropArpConflict;
    return std::nullopt;
}

void Interface::send_arp(const wire::ArpMessage& message, wire::MacAddress station) {
    Packet packet = pool_.take();
    message.prepend_to(packet);
    send_to(station, wire::kEtherTypeArp, std::move(packet));
}

void Interface::send_due_requests() {
    while (const auto address = neighbors_.poll_request()) {
        wire::ArpMessage request;
        request.operation = wire::ArpOperation::Request;
        request.sender_mac = config_.mac;
        request.sender_ip = config_.arp_sender;
        request.target_ip = *address;
        send_arp(request, wire::MacAddress::broadcast());
    }
}

void Interface::send_waiting(wire::Ipv4Address next_hop, wire::MacAddress station) {
    for (Packet& packet : waiting_.take(next_hop)) {
        send_to(station, wire::kEtherTypeIpv4, std::move(packet));
    }
}

void Interface::handle_deadline(Instant now) {
    neighbors_.handle_deadline(now);
    send_due_requests();
    while (const auto address = neighbors_.poll_silent()) {
        counters_.add(Counter::DropNeighborSilent, waiting_.take(*address).size());
    }
    reassembly_.handle_deadline(now);
    while (const auto first = reassembly_.poll_expired()) {
        const auto about = wire::Ipv4View::parse(first->bytes());
        SHUNT_ASSERT(about, "a first fragment is a packet");
        send_reply(icmp_replies_.reassembly_time_exceeded(*about, now), now);
    }
}

}  // namespace shunt::stack
