// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/farm_link.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/migrate/frame_defects.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/udp.hh"

namespace shunt::migrate {
namespace {

constexpr std::size_t kUdpChecksumAt = 6;

/// Leaves exactly `part`, which lies inside the packet.
void cut_to(Packet& packet, ByteView part) {
    const auto front = static_cast<std::size_t>(part.data() - packet.bytes().data());
    packet.trim_front(front);
    packet.trim_back(packet.size() - part.size());
}

}  // namespace

FarmLink::FarmLink(const farm::FarmConfig& config, farm::ServerId self, stack::Interface& back,
                   Counters& counters)
    : config_(config), self_(*config.server_by_id(self)), back_(back), counters_(counters) {}

void FarmLink::open_fence(farm::ServerId server) {
    if (is_fenced(server)) open_.push_back(server);
}

bool FarmLink::is_fenced(farm::ServerId server) const {
    // A base farm has no channels.
    return config_.farm.has_extensions && !is_mutant(Mutant::IgnoresFence) &&
           std::find(open_.begin(), open_.end(), server) == open_.end();
}

std::size_t FarmLink::overhead(const farm::FarmConfig& config) {
    constexpr std::size_t routed = wire::kIpv4HeaderSize + wire::kUdpHeaderSize;
    if (is_mutant(Mutant::ForgetsOverhead)) return 0;
    return wire::kEncapsulationHeaderSize +
           (config.farm.binding == farm::Binding::Udp ? routed : 0);
}

bool FarmLink::is_farm_type(std::uint16_t type) const {
    const bool is_ours =
        config_.farm.binding == farm::Binding::Ethernet || is_mutant(Mutant::TakesOtherBinding);
    const bool is_either = is_mutant(Mutant::TakesEitherType) && (type == 0x0007 || type == 0x88B5);
    return is_ours && (type == config_.farm.ethertype || is_either);
}

namespace {

/// The other side has something to say to it at once.
bool is_answered(wire::EncapsulationType type) {
    using enum wire::EncapsulationType;
    return type == Connection || type == Data || type == Acknowledgement || type == Missing;
}

}  // namespace

void FarmLink::send(farm::ServerId to, const wire::EncapsulationHeader& header, Packet payload,
                    Instant now) {
    if (is_fenced(to) && !is_mutant(Mutant::OffersBehindFence)) {
        return counters_.add(Counter::DropEncapsulationFenced);
    }
    if (is_answered(header.type)) exchanged_at_ = now;
    header.prepend_to(payload);
    if (config_.farm.binding == farm::Binding::Ethernet) {
        back_.send_to(config_.server_by_id(to)->back_mac, config_.farm.ethertype,
                      std::move(payload));
        return;
    }
    const wire::Ipv4Address source = is_mutant(Mutant::SendsFromControlAddress)
                                         ? self_.control_ip.address
                                         : self_.forward_ips.front();
    wire::UdpHeader udp{wire::kEncapsulationUdpPort, wire::kEncapsulationUdpPort};
    const bool is_acknowledgement = header.type == wire::EncapsulationType::Acknowledgement;
    const bool is_forwarded = header.type == wire::EncapsulationType::Forwarded;
    if (is_mutant(Mutant::SendsFromAnyPort) ||
        (is_acknowledgement && is_mutant(Mutant::AcknowledgesFromAnyPort))) {
        ++udp.source_port;
    }
    udp.prepend_to(payload, source, header.destination);
    if (is_mutant(Mutant::SendsNoUdpChecksum) ||
        (is_forwarded && is_mutant(Mutant::ForwardsWithoutChecksum))) {
        store_u16(payload.mutable_bytes(), kUdpChecksumAt, 0);
    }
    wire::Ipv4Header outer;
    outer.protocol = wire::IpProtocol::Udp;
    outer.source = source;
    outer.destination = header.destination;
    outer.identification = ++identification_;
    outer.ttl = 255;  // SEC-12: a receiver on the same link may demand it
    outer.prepend_to(payload);
    back_.send_ipv4(std::move(payload), now);
}

void FarmLink::send_rewritten(farm::ServerId to, Packet packet, Instant now) {
    if (is_fenced(to)) return counters_.add(Counter::DropEncapsulationFenced);
    // On a link of our own the members' stations are known, whatever their addresses.
    if (config_.farm.binding == farm::Binding::Udp) return back_.send_ipv4(std::move(packet), now);
    back_.send_to(config_.server_by_id(to)->back_mac, wire::kEtherTypeIpv4, std::move(packet));
}

Result<farm::ServerId, Counter> FarmLink::sender_of_rewritten(wire::MacAddress station,
                                                              const wire::Ipv4View& packet) const {
    const farm::Server* sender = config_.server_by_forward_ip(packet.source());
    const bool is_on_link = config_.farm.binding == farm::Binding::Ethernet;
    const bool is_members =
        sender != nullptr && sender->id != self_.id && (!is_on_link || sender->back_mac == station);
    if (!is_members) return Failure{Counter::DropRewrittenSender};
    if (is_fenced(sender->id)) return Failure{Counter::DropEncapsulationFenced};
    return sender->id;
}

Result<EncapsulatedFrame, Counter> FarmLink::receive_ethernet(Packet frame) const {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    if (!ethernet) return Failure{ethernet.error()};
    const farm::Server* sender = config_.server_by_back_mac(ethernet->source());
    if (sender == nullptr && is_mutant(Mutant::AcceptsStrangers)) sender = any_other_member();
    if (sender == nullptr || sender->id == self_.id) {
        remember_dropped(ethernet->payload());
        return Failure{Counter::DropEncapsulationMember};
    }
    cut_to(frame, ethernet->payload());
    return receive(sender->id, std::move(frame));
}

Result<EncapsulatedFrame, Counter> FarmLink::receive_routed(Packet packet) const {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip) return Failure{ip.error()};
    const farm::Server* sender = config_.server_by_forward_ip(ip->source());
    if (sender == nullptr && is_mutant(Mutant::AcceptsStrangers)) sender = any_other_member();
    if (sender == nullptr || sender->id == self_.id)
        return Failure{Counter::DropEncapsulationMember};
    if (ip->is_fragment()) return Failure{Counter::DropIpv4Fragment};
    const bool has_checksum = ip->payload().size() >= wire::kUdpHeaderSize &&
                              load_u16(ip->payload(), kUdpChecksumAt) != 0;
    if (!has_checksum && is_mutant(Mutant::DemandsUdpChecksum)) {
        return Failure{Counter::DropUdpChecksum};
    }
    if (has_checksum && is_mutant(Mutant::IgnoresUdpChecksum)) {
        store_u16(packet.mutable_bytes(), ip->header_size() + kUdpChecksumAt, 0);
    }
    const auto udp = wire::UdpView::parse(*ip);
    if (!udp) return Failure{udp.error()};
    const bool are_ports_right = udp->destination_port() == wire::kEncapsulationUdpPort &&
                                 udp->source_port() == wire::kEncapsulationUdpPort;
    if (!are_ports_right && !is_mutant(Mutant::TakesAnyPort)) {
        return Failure{Counter::DropForwardAddressTraffic};
    }
    cut_to(packet, udp->payload());
    return receive(sender->id, std::move(packet));
}

Result<EncapsulatedFrame, Counter> FarmLink::receive(farm::ServerId from, Packet datagram) const {
    if (is_fenced(from)) return Failure{Counter::DropEncapsulationFenced};
    bend_frame(datagram, protocol_set());
    const auto view = wire::EncapsulationView::parse(datagram.bytes(), protocol_set());
    if (!view) return Failure{view.error()};
    if (!self_.has_forward_ip(view->destination()) && !is_mutant(Mutant::IgnoresDestination)) {
        return Failure{Counter::DropEncapsulationNotForwardAddress};
    }
    const std::size_t size = wire::kEncapsulationHeaderSize + view->payload().size();
    datagram.trim_back(datagram.size() - size);
    return EncapsulatedFrame{from, std::move(datagram), *view};
}

const farm::Server* FarmLink::any_other_member() const {
    for (const farm::Server& server : config_.servers) {
        if (server.id != self_.id) return &server;
    }
    return nullptr;
}

wire::ProtocolSet FarmLink::protocol_set() const {
    return config_.farm.has_extensions ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base;
}

}  // namespace shunt::migrate
