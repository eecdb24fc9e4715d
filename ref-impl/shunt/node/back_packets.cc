// SPDX-License-Identifier: Apache-2.0
// What arrives from the other servers: encapsulated frames in either binding, sorted by Type.
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using wire::EncapsulationType;

void Node::handle_back_frame(Packet frame, Instant now) {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    if (!ethernet) return counters_.add(ethernet.error());
    if (farm_link_.is_farm_type(ethernet->type())) {
        if (ethernet->destination() != self_.back_mac) {
            return counters_.add(Counter::DropEthernetDestination);
        }
        auto received = farm_link_.receive_ethernet(std::move(frame));
        if (!received) return counters_.add(received.error());
        return handle_encapsulated(std::move(*received), now);
    }
    auto packet = back_.handle_frame(std::move(frame), now);
    if (!packet) return;
    packet->trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet->bytes());
    if (!ip) return counters_.add(ip.error());
    const bool is_routed = config_.farm.binding == farm::Binding::Udp &&
                           ip->protocol() == wire::IpProtocol::Udp &&
                           self_.has_forward_ip(ip->destination());
    // SYS-5: nothing else has business at a forward IP; the control channel has none here yet.
    if (!is_routed) return counters_.add(Counter::DropBackTraffic);
    auto received = farm_link_.receive_routed(std::move(*packet));
    if (!received) return counters_.add(received.error());
    handle_encapsulated(std::move(*received), now);
}

void Node::handle_encapsulated(migrate::EncapsulatedFrame frame, Instant now) {
    if (frame.view.protocol() == wire::TransportProtocol::Udp) {
        flows_.handle_frame(std::move(frame), now);
        return serve_datagrams(now);
    }
    std::optional<Slot> touched;
    switch (frame.view.type()) {
        case EncapsulationType::Connection:
            touched = target_.handle_connection(frame, now);
            break;
        case EncapsulationType::Forwarded:
            if (is_mutant(Mutant::ResetsUnknownTuple)) {
                const auto forwarded = wire::ForwardedPacket::parse(frame.view);
                if (forwarded && !tables_.find(forwarded->tuple())) {
                    const auto segment = wire::TcpView::parse(forwarded->packet());
                    if (segment) answer_stray(forwarded->tuple(), *segment, now);
                }
            }
            touched = target_.handle_forwarded(std::move(frame), now);
            break;
        case EncapsulationType::Acknowledgement:
            touched = home_.handle_acknowledgement(frame, now);
            break;
        case EncapsulationType::Reject:
            touched = home_.handle_reject(frame, now);
            if (touched && tables_.contains(*touched)) try_candidates(*touched, now);
            break;
        case EncapsulationType::Go:
            touched = target_.handle_go(frame, now);
            break;
        case EncapsulationType::Release:
            return handle_release(frame, now);
        case EncapsulationType::Data:
        case EncapsulationType::Challenge:
        case EncapsulationType::Missing:
            return counters_.add(Counter::DropEncapsulationType);
    }
    if (touched) settle(*touched, now);
}

void Node::handle_release(const migrate::EncapsulatedFrame& frame, Instant now) {
    // An owner tells its home that it is over; a home tells a server that its copy is unwanted.
    // Whose the forward IP's service is does not tell them apart, whose the connection is does.
    const auto released = wire::MigrationCopy::parse(frame.view);
    if (!released) return counters_.add(Counter::DropEncapsulationPayload);
    const auto touched = self_.has_service(released->id.service) ? home_.handle_release(frame, now)
                                                                 : target_.handle_release(frame);
    if (touched) settle(*touched, now);
}

}  // namespace shunt::node
