// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/messages.hh"

#include "shunt/base/mutant.hh"
#include "shunt/ip/fragmentation.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

void Messages::send(farm::ServerId to, const wire::ConnectionTuple& tuple, EncapsulationType type,
                    Packet payload, Instant now) {
    context_.link.send(to, header_towards(to, tuple, type), std::move(payload), now);
}

void Messages::send_copy(EncapsulationType type, farm::ServerId to,
                         const wire::ConnectionTuple& tuple, const wire::MigrationCopy& content,
                         Instant now) {
    if (context_.moves_as_blob(tuple)) {
        return context_.blobs->send_copy(type, to, wire::FlowId(content.copy), now);
    }
    Packet payload = context_.pool.take();
    content.append_to(payload);
    send(to, tuple, type, std::move(payload), now);
}

void Messages::reject(farm::ServerId to, const wire::ConnectionTuple& tuple,
                      const wire::MigrationId& id, std::optional<wire::FlowId> flow,
                      wire::RejectReason reason, Instant now) {
    if (flow) return context_.blobs->reject(to, *flow, reason, now);
    reject(to, tuple, id, reason, now);
}

void Messages::reject(farm::ServerId to, const wire::ConnectionTuple& tuple,
                      const wire::MigrationId& id, wire::RejectReason reason, Instant now) {
    if (!context_.has_extensions()) return;
    if (is_mutant(Mutant::SilentAboutClosedPorts) && reason == wire::RejectReason::NoListener) {
        return;
    }
    if (is_mutant(Mutant::AnswersTwice)) {
        Packet twin = context_.pool.take();
        wire::RejectMessage{id, reason}.append_to(twin);
        send(to, tuple, EncapsulationType::Reject, std::move(twin), now);
    }
    Packet payload = context_.pool.take();
    wire::RejectMessage{id, reason}.append_to(payload);
    context_.counters.add(Counter::RejectSent);
    send(to, tuple, EncapsulationType::Reject, std::move(payload), now);
}

void Messages::forward(farm::ServerId to, const wire::ConnectionTuple& tuple,
                       std::optional<wire::FlowId> flow, Packet packet, Instant now) {
    if (flow) return context_.blobs->forward(to, tuple.service, *flow, std::move(packet), now);
    context_.counters.add(Counter::ForwardSent);
    const auto header = header_towards(to, tuple, EncapsulationType::Forwarded);
    if (packet.size() <= context_.link.payload_max()) {
        return context_.link.send(to, header, std::move(packet), now);
    }
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip || ip->dont_fragment()) return context_.counters.add(Counter::DropForwardMtu);
    for (Packet& piece : ip::fragment(*ip, context_.link.payload_max(), context_.pool))
        context_.link.send(to, header, std::move(piece), now);
}

wire::EncapsulationHeader Messages::header_towards(farm::ServerId to,
                                                   const wire::ConnectionTuple& tuple,
                                                   EncapsulationType type) const {
    wire::EncapsulationHeader header;
    header.source = tuple.client;
    header.source_port = tuple.client_port;
    const farm::Server& member = *context_.config.server_by_id(to);
    header.destination = is_mutant(Mutant::SendsToFrontAddresses)
                             ? member.front_ip.address
                             : member.forward_ip_for(tuple.service);
    header.destination_port = tuple.service_port;
    header.type = type;
    header.protocol = tuple.protocol;
    return header;
}

std::optional<wire::ConnectionTuple> Messages::tuple_of_answer(
    const wire::EncapsulationView& view) const {
    const auto service = context_.self.service_of_forward_ip(view.destination());
    if (!service) return std::nullopt;
    return wire::ConnectionTuple{view.source(), view.source_port(), *service,
                                 view.destination_port(), view.protocol()};
}

}  // namespace shunt::migrate::endpoint
