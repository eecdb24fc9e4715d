// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/target_side.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/client_packet.hh"
#include "shunt/migrate/endpoint/icmp_errors.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

std::optional<Slot> TargetSide::handle_connection(const EncapsulatedFrame& frame, Instant now) {
    const auto offer = read_offer(frame, exchange_.fingerprint_key, context_.counters);
    if (!offer) return std::nullopt;
    // SEC-12: a connection comes from the home of its service address, and from nobody else.
    if (!context_.is_home(frame.from, offer->id.service) &&
        !is_mutant(Mutant::TakesConnectionsOfOthers)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    return handle_offer(*offer, now);
}

std::optional<Slot> TargetSide::handle_offer(const Offer& offer, Instant now) {
    const auto slot = context_.tables.find(offer.tuple);
    const bool is_handed_over = slot && returns_.is_implied_by(context_.tables.at(*slot), offer);
    if (is_handed_over) returns_.hand_over(*slot, now);
    const auto changed = note_arrival(arrivals_.handle_offer(offer, now));
    if (offer.is_eager && changed) release_eager(*changed, *offer.flow, now);
    if (is_mutant(Mutant::ReleasesItself) && changed) release(*changed, now);
    return changed ? changed : is_handed_over ? slot : std::nullopt;
}

std::optional<Slot> TargetSide::handle_data(const EncapsulatedFrame& frame, Instant now) {
    const auto data = wire::EndpointData::parse(frame.view);
    if (!data || !context_.is_home(frame.from, data->id.service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    return note_arrival(arrivals_.handle_data(frame, *data, now));
}

std::optional<Slot> TargetSide::note_arrival(std::optional<Slot> slot) {
    if (slot && context_.tables.contains(*slot)) returns_.forget(context_.tables.at(*slot).tuple);
    return slot;
}

std::optional<Slot> TargetSide::handle_forwarded(ForwardedPackets::Received received, Instant now) {
    if (received.is_icmp_error) return take_forwarded_error(context_, received, now);
    const auto slot = context_.tables.find(received.tuple);
    const auto* there = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    const bool is_of_another =
        there != nullptr && received.flow && there->flow && there->flow->id() != *received.flow;
    if (is_of_another) {  // late, of an attempt before: it releases nothing
        context_.counters.add(Counter::DropForwardedUnknown);
        return std::nullopt;
    }
    if (!slot && received.flow && !returns_.send_back(received, now)) {
        // What this flow was for has ended here, and will not be again (BL-13).
        context_.blobs->reject(received.from, *received.flow, wire::RejectReason::UnknownEndpoint,
                               now);
    }
    if (!slot && received.flow) return std::nullopt;
    if (!slot) {
        if (!returns_.send_back(received, now)) forwarded_.keep_early(std::move(received), now);
        return std::nullopt;
    }
    auto& endpoint = *context_.tables.at(*slot).as<ForwardConnectEndpoint>();
    if (endpoint.returning) {
        returns_.hold(*slot, std::move(received.packet));
        return std::nullopt;
    }
    if (!endpoint.is_released) return handle_unreleased(*slot, std::move(received.packet), now);
    if (!gives_way(*slot, received, now)) deliver(*slot, received.packet, now);
    return slot;
}

/// EP-32: the client opens its port anew, and the home alone opens connections.
bool TargetSide::gives_way(Slot slot, ForwardedPackets::Received& received, Instant now) {
    if (is_mutant(Mutant::KeepsTimeWaitFromSyn)) return false;
    if (!flags_of(received.packet.bytes()).syn) return false;
    const auto segment = wire::TcpView::parse(*wire::Ipv4View::parse(received.packet.bytes()));
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    if (!segment || !endpoint.connection.can_be_replaced_by(*segment)) return false;
    announce_closed(record, now);
    if (endpoint.conversation) endpoint.conversation->end(std::move(endpoint.connection));
    context_.tables.erase(slot);
    if (is_mutant(Mutant::SwallowsReplacingSyn)) return true;
    messages_.forward(received.from, received.tuple, received.flow, std::move(received.packet),
                      now);
    return true;
}

std::optional<Slot> TargetSide::handle_acknowledgement(const EncapsulatedFrame& frame,
                                                       Instant now) {
    const auto accepted = wire::MigrationCopy::parse(frame.view);
    if (!accepted) {
        context_.counters.add(Counter::AcknowledgementStale);
        return std::nullopt;
    }
    return handle_acknowledgement(frame.from, tuple_of(frame.view, accepted->id), accepted->id,
                                  now);
}

std::optional<Slot> TargetSide::handle_acknowledgement(farm::ServerId from,
                                                       const wire::ConnectionTuple& tuple,
                                                       const wire::MigrationId& accepted,
                                                       Instant now) {
    const auto slot = context_.tables.find(tuple);
    if (!slot || !returns_.is_about(context_.tables.at(*slot), from, accepted)) {
        context_.counters.add(Counter::AcknowledgementStale);
        return std::nullopt;
    }
    returns_.hand_over(*slot, now);
    return slot;
}

std::optional<Slot> TargetSide::handle_reject(const EncapsulatedFrame& frame, Instant now) {
    const auto reject = wire::RejectMessage::parse(frame.view);
    if (!reject) {
        context_.counters.add(reject.error());
        return std::nullopt;
    }
    return handle_reject(frame.from, tuple_of(frame.view, reject->id), *reject, now);
}

std::optional<Slot> TargetSide::handle_reject(farm::ServerId from,
                                              const wire::ConnectionTuple& tuple,
                                              const wire::RejectMessage& reject, Instant now) {
    const auto slot = context_.tables.find(tuple);
    if (!slot || !returns_.is_about(context_.tables.at(*slot), from, reject.id)) {
        context_.counters.add(Counter::RejectStale);
        return std::nullopt;
    }
    if (reject.reason == wire::RejectReason::UnknownEndpoint && !is_mutant(Mutant::KeepsDisowned)) {
        context_.counters.add(Counter::ReturnDisowned);
        context_.tables.erase(*slot);
        return slot;
    }
    context_.counters.add(Counter::ReturnRejected);
    for (const Packet& packet : returns_.resume(*slot))
        deliver(*slot, packet, now);
    return slot;
}

/// An owner to which nothing comes says that it is there.
Instant TargetSide::report_at(const ForwardConnectEndpoint& endpoint) const {
    const auto& timers = context_.config.timers;
    const bool is_soon = endpoint.has_client_closed && !is_mutant(Mutant::OwnerReportsLate);
    return std::max(endpoint.last_heard, endpoint.last_acknowledgement) +
           (is_soon ? timers.owner_report_closing : timers.owner_report);
}

Instant TargetSide::deadline(const ForwardConnectEndpoint& endpoint) const {
    if (endpoint.returning) return returns_.deadline(endpoint);
    return endpoint.is_released ? report_at(endpoint) : arrivals_.deadline(endpoint);
}

bool TargetSide::handle_deadline(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    if (endpoint.returning) return returns_.handle_deadline(slot, now);
    if (!endpoint.is_released) return arrivals_.handle_deadline(slot, now);
    if (report_at(endpoint) > now) return false;
    if (is_mutant(Mutant::OwnerNeverReports)) {
        endpoint.last_acknowledgement = now;
        return false;
    }
    arrivals_.acknowledge(record, now);
    return false;
}

std::optional<Slot> TargetSide::handle_unreleased(Slot slot, Packet packet, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    const bool is_base = !context_.has_extensions();
    // A flow is of one attempt alone, whose home forwards when it has read the answer (BL-14). One
    // that stopped since its home does not answer waits for the home's word (EP-33).
    const bool is_released_by_packet =
        endpoint.flow && !endpoint.suspended_since && !is_mutant(Mutant::ReleasedByCommitAlone);
    const bool is_releasing = is_base || is_released_by_packet;
    // A bit that flipped on the way could make a release of the home's reset (EP-10, EP-13).
    if (is_releasing && !is_intact(packet.bytes())) {
        context_.counters.add(Counter::DropTcpChecksum);
        return std::nullopt;
    }
    if (is_base && flags_of(packet.bytes()).reset && !is_mutant(Mutant::ReleasedByReset)) {
        // A reset at just the expected number ends the copy unseen (EP-10); any other is nothing.
        if (sequence_of(packet.bytes()) != endpoint.connection.receive_next()) {
            context_.counters.add(Counter::DropForwardedUnreleasedReset);
            return std::nullopt;
        }
        context_.counters.add(Counter::CopyReset);
        context_.tables.erase(slot);
        return slot;
    }
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
    if (!is_releasing) return std::nullopt;
    release(slot, now);
    return slot;
}

/// BL-14: the blob says itself that its endpoint may act.
void TargetSide::release_eager(Slot slot, wire::FlowId flow, Instant now) {
    const auto* endpoint = context_.tables.contains(slot)
                               ? context_.tables.at(slot).as<ForwardConnectEndpoint>()
                               : nullptr;
    const bool is_new = endpoint != nullptr && endpoint->flow && endpoint->flow->id() == flow &&
                        !endpoint->is_released && !endpoint->suspended_since;
    if (is_new) release(slot, now);
}

void TargetSide::release(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    endpoint.is_released = true;
    endpoint.suspended_since.reset();
    endpoint.last_heard = now;
    context_.counters.add(Counter::CopyReleased);
    for (const Packet& packet : endpoint.held.take_all())
        deliver(slot, packet, now);
}

void TargetSide::deliver(Slot slot, const Packet& packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    SHUNT_ASSERT(static_cast<bool>(ip), "the inner header was verified before (FRM-6)");
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment) return context_.counters.add(segment.error());
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    endpoint.last_heard = now;
    const auto dropped = endpoint.connection.handle_segment(*segment, now);
    if (dropped) context_.counters.add(*dropped);
    // Also by one that is out of window: the home cannot tell, and counts on a short life.
    const bool closes = segment->flags().fin || segment->flags().reset;
    if (closes && !(dropped && is_mutant(Mutant::BlindResetUnheard))) {
        endpoint.has_client_closed = true;
    }
}

std::optional<Slot> TargetSide::handle_go(const EncapsulatedFrame& frame, Instant now) {
    const auto go = wire::MigrationCopy::parse(frame.view);
    if (!go || !context_.is_home(frame.from, go->id.service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    return handle_go(frame.from, tuple_of(frame.view, go->id), *go, now);
}

std::optional<Slot> TargetSide::handle_go(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                          const wire::MigrationCopy& go, Instant now) {
    const auto slot = context_.tables.find(tuple);
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    const bool is_its = endpoint != nullptr && endpoint->id == go.id && endpoint->copy == go.copy;
    if (!is_its) {
        // Of just this copy there is nothing here, nor will be again (EP-23).
        context_.counters.add(endpoint == nullptr ? Counter::GoUnknown : Counter::GoStale);
        const auto flow =
            context_.moves_as_blob(tuple) ? std::optional(wire::FlowId(go.copy)) : std::nullopt;
        messages_.reject(from, tuple, go.id, flow, wire::RejectReason::UnknownEndpoint, now);
        return std::nullopt;
    }
    // EP-13: one that acts, or waits for the answer to its return, is not released anew.
    if (endpoint->is_released) {
        // The home asks whether it is there (EP-31); the answer is answered by an 0x14 again. What
        // is offered back speaks by its 0x01 alone.
        if (endpoint->returning && is_mutant(Mutant::ResumesByGo)) {
            for (const Packet& packet : returns_.resume(*slot))
                deliver(*slot, packet, now);
            return slot;
        }
        if (endpoint->returning || endpoint->last_acknowledgement + kAnswerPause > now) {
            return std::nullopt;
        }
        if (is_mutant(Mutant::AnswersNoQuestion)) return std::nullopt;
        arrivals_.acknowledge(context_.tables.at(*slot), now);
        return slot;
    }
    // EP-33: only one that answers our 0x03 speaks of a home that has not taken us for dead.
    if (endpoint->suspended_since && !endpoint->has_asked) {
        context_.counters.add(Counter::GoStale);
        return std::nullopt;
    }
    release(*slot, now);
    return slot;
}

std::optional<Slot> TargetSide::handle_release(const EncapsulatedFrame& frame) {
    const auto unwanted = wire::MigrationCopy::parse(frame.view);
    if (!unwanted) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    return handle_release(frame.from, tuple_of(frame.view, unwanted->id), *unwanted);
}

std::optional<Slot> TargetSide::handle_release(farm::ServerId from,
                                               const wire::ConnectionTuple& tuple,
                                               const wire::MigrationCopy& unwanted) {
    const auto slot = context_.tables.find(tuple);
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    if (endpoint == nullptr || endpoint->home != from || endpoint->id != unwanted.id ||
        endpoint->copy != unwanted.copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    context_.counters.add(Counter::CopyUnwanted);
    context_.tables.erase(*slot);
    return slot;
}

void TargetSide::announce_closed(const Record& record, Instant now) {
    if (is_mutant(Mutant::ForgetsEnded) && !context_.has_extensions()) return;
    if (is_mutant(Mutant::EndsInSilence)) return;
    if (!context_.has_extensions()) return arrivals_.remember_ended(record, now);
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    messages_.send_copy(EncapsulationType::Release, endpoint.home, record.tuple,
                        {endpoint.id, endpoint.copy}, now);
}

}  // namespace shunt::migrate::endpoint
