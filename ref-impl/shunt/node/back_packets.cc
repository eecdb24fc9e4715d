// SPDX-License-Identifier: Apache-2.0
// What arrives from the other servers by the back link: encapsulated frames in either binding,
// sorted by Type; packets of the control channels; clients' packets that were rewritten.
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using wire::EncapsulationType;

namespace {

/// A defect: what breaks the format is acknowledged all the same (FRM-7).
void answer_malformed(const farm::FarmConfig& config, migrate::FarmLink& link,
                      const wire::EthernetView& frame, Packet payload, Instant now) {
    const farm::Server* sender = config.server_by_back_mac(frame.source());
    const ByteView bytes = frame.payload();
    const auto set =
        config.farm.has_extensions ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base;
    const bool is_malformed = bytes.size() >= wire::kEncapsulationHeaderSize &&
                              !wire::EncapsulationView::parse(bytes, set);
    if (sender == nullptr || !is_malformed) return;
    wire::EncapsulationHeader header;
    header.source = wire::Ipv4Address(load_u32(bytes, 0));
    header.source_port = load_u16(bytes, 4);
    header.destination = sender->forward_ips.front();
    header.destination_port = load_u16(bytes, 10);
    header.type = EncapsulationType::Acknowledgement;
    header.protocol = wire::TransportProtocol::Tcp;
    link.send(sender->id, header, std::move(payload), now);
}

}  // namespace

void Node::handle_back_frame(Packet frame, Instant now) {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    if (!ethernet) return counters_.add(ethernet.error());
    if (farm_link_.is_farm_type(ethernet->type())) {
        if (ethernet->destination() != self_.back_mac) {
            return counters_.add(Counter::DropEthernetDestination);
        }
        if (is_mutant(Mutant::AnswersWhatItDrops)) {
            answer_malformed(config_, farm_link_, *ethernet, pool_.take(), now);
        }
        auto received = farm_link_.receive_ethernet(std::move(frame));
        if (!received) return counters_.add(received.error());
        return handle_encapsulated(std::move(*received), now);
    }
    auto packet = back_.handle_frame(std::move(frame), now);
    if (!packet) return;
    if (handle_control_packet(*packet, now)) return;
    const wire::MacAddress station = wire::EthernetView::parse(packet->bytes())->source();
    packet->trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet->bytes());
    if (!ip) return counters_.add(ip.error());
    const bool is_rewritten = blobs_ && ip->protocol() == wire::IpProtocol::Tcp &&
                              self_.has_forward_ip(ip->destination());
    if (is_rewritten) return handle_rewritten(station, std::move(*packet), now);
    const bool has_datagrams =
        config_.farm.binding == farm::Binding::Udp || is_mutant(Mutant::TakesOtherBinding);
    const bool is_routed = has_datagrams && ip->protocol() == wire::IpProtocol::Udp &&
                           self_.has_forward_ip(ip->destination());
    // SYS-5: nothing else has business at a forward IP, nor, behind the channels, at a control IP.
    if (!is_routed) return counters_.add(Counter::DropBackTraffic);
    auto received = farm_link_.receive_routed(std::move(*packet));
    if (!received) return counters_.add(received.error());
    handle_encapsulated(std::move(*received), now);
}

namespace {

/// The service that a message is about, which says whether its receiver is the home; nothing if the
/// message names none (a base 0x03).
std::optional<wire::Ipv4Address> service_named_by(const wire::EncapsulationView& view) {
    constexpr std::size_t id_at = 2;
    const std::size_t at = view.type() == EncapsulationType::Connection ? 0 : id_at;
    if (view.payload().size() < at + 4) return std::nullopt;
    return wire::Ipv4Address(load_u32(view.payload(), at));
}

}  // namespace

namespace {

std::optional<wire::RejectReason> refusal_of(const wire::EncapsulationView& view) {
    if (view.type() != EncapsulationType::Reject) return std::nullopt;
    const auto reject = wire::RejectMessage::parse(view);
    return reject ? std::optional(reject->reason) : std::nullopt;
}

}  // namespace

void Node::handle_encapsulated(migrate::EncapsulatedFrame frame, Instant now) {
    const wire::ConnectionTuple about{frame.view.source(), frame.view.source_port(),
                                      frame.view.destination(), frame.view.destination_port(),
                                      frame.view.protocol()};
    if (blobs_ && blobs_->carries(about)) {  // what moves as a blob is not spoken of by frames
        return counters_.add(Counter::DropEncapsulationPayload);
    }
    if (frame.view.protocol() == wire::TransportProtocol::Udp) {
        flows_.handle_frame(std::move(frame), now);
        return serve_datagrams(now);
    }
    if (frame.view.type() == EncapsulationType::Forwarded) {
        if (is_mutant(Mutant::ResetsUnknownTuple)) {
            const auto forwarded = wire::ForwardedPacket::parse(frame.view);
            if (forwarded && !tables_.find(forwarded->tuple())) {
                const auto segment = wire::TcpView::parse(forwarded->packet());
                if (segment) answer_stray(forwarded->tuple(), *segment, now);
            }
        }
        return handle_forwarded(std::move(frame), now);
    }
    const auto service = service_named_by(frame.view);
    const bool is_own = !service || self_.has_service(*service);
    const auto touched = is_own ? handle_about_own(frame, now) : handle_about_others(frame, now);
    if (touched) settle_answered(*touched, refusal_of(frame.view), now);
    settle_progressed(now);
}

void Node::handle_rewritten(wire::MacAddress station, Packet packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    const auto sender = farm_link_.sender_of_rewritten(station, *ip);
    if (!sender) return counters_.add(sender.error());
    // EP-33: while its home may take us for dead nothing is released, nor anything else believed.
    if (channels_->is_cut_off(*sender)) return counters_.add(Counter::DropFrameCutOff);
    auto received = blobs_->packets().receive(*sender, std::move(packet), now);
    if (!received) return;
    handle_received(
        {received->from, received->tuple, std::move(received->packet), false, received->flow}, now);
}

/// What the control channels have brought of connections that move as blobs.
void Node::hear_moves(Instant now) {
    if (!blob_exchange_) return;
    while (const auto heard = blob_exchange_->hear(now)) {
        const auto touched = heard->touched;
        const bool is_free = touched && heard->has_fallen_back && tables_.contains(*touched);
        if (is_free) try_candidates(*touched, now);
        if (touched) settle_answered(*touched, heard->refused, now);
    }
}

void Node::settle_answered(Slot slot, std::optional<wire::RejectReason> refused, Instant now) {
    note_answer(slot, refused, now);
    settle(slot, now);
}

/// As the home of the connection.
std::optional<Node::Slot> Node::handle_about_own(const migrate::EncapsulatedFrame& frame,
                                                 Instant now) {
    switch (frame.view.type()) {
        case EncapsulationType::Connection:
            return home_.handle_connection(frame, now);
        case EncapsulationType::Acknowledgement:
            return home_.handle_acknowledgement(frame, now);
        case EncapsulationType::Reject: {
            const auto touched = home_.handle_reject(frame, now);
            if (touched && tables_.contains(*touched)) try_candidates(*touched, now);
            return touched;
        }
        case EncapsulationType::Release:
            return home_.handle_release(frame, now);
        case EncapsulationType::Data:
            return home_.handle_data(frame, now);
        case EncapsulationType::Missing:
            exchange_.attempts.handle_missing(frame, now);
            return std::nullopt;
        case EncapsulationType::Go:  // a home is released by nobody
            counters_.add(Counter::DropEncapsulationPayload);
            return std::nullopt;
        case EncapsulationType::Forwarded:
        case EncapsulationType::Challenge:
            counters_.add(Counter::DropEncapsulationType);
            return std::nullopt;
    }
    return std::nullopt;
}

/// As a target, an owner or a former one.
std::optional<Node::Slot> Node::handle_about_others(const migrate::EncapsulatedFrame& frame,
                                                    Instant now) {
    // EP-33: while its home may take us for dead it lets nothing act here, be it by a release or by
    // the refusal of a return (EP-46), which is repeated.
    const EncapsulationType type = frame.view.type();
    const bool lets_act =
        (type == EncapsulationType::Go && !is_mutant(Mutant::TakesGoWhileCutOff)) ||
        (type == EncapsulationType::Reject && !is_mutant(Mutant::TakesRefusalWhileCutOff));
    if (lets_act && channels_ && channels_->is_cut_off(frame.from)) {
        counters_.add(Counter::DropFrameCutOff);
        return std::nullopt;
    }
    switch (type) {
        case EncapsulationType::Connection:
            return target_.handle_connection(frame, now);
        case EncapsulationType::Acknowledgement:
            return target_.handle_acknowledgement(frame, now);
        case EncapsulationType::Reject:
            return target_.handle_reject(frame, now);
        case EncapsulationType::Release:
            return target_.handle_release(frame);
        case EncapsulationType::Data:
            return target_.handle_data(frame, now);
        case EncapsulationType::Missing:
            exchange_.attempts.handle_missing(frame, now);
            return std::nullopt;
        case EncapsulationType::Go:
            return target_.handle_go(frame, now);
        case EncapsulationType::Forwarded:
        case EncapsulationType::Challenge:
            counters_.add(Counter::DropEncapsulationType);
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace shunt::node
