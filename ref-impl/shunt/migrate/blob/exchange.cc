// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/exchange.hh"

#include "shunt/base/mutant.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/wire/flow_messages.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::migrate::blob {

using wire::ControlKind;
using wire::RejectReason;

namespace {

wire::MigrationCopy named_by(const Flow& flow, wire::FlowId id) {
    return {flow.attempt, id.value()};
}

/// The tuple that the error is about is the one that it was told for.
bool is_error_about(const wire::ConnectionTuple& tuple, ByteView packet) {
    const auto ip = wire::Ipv4View::parse(packet);
    if (!ip || ip->protocol() != wire::IpProtocol::Icmp || ip->is_fragment()) return false;
    const auto message = wire::IcmpView::parse(*ip);
    if (!message || !wire::is_error(message->type())) return false;
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    return quoted && quoted->protocol() == wire::IpProtocol::Tcp &&
           tuple == wire::ConnectionTuple{quoted->destination(), quoted->destination_port(),
                                          quoted->source(), quoted->source_port()};
}

}  // namespace

std::optional<Exchange::Heard> Exchange::hear(Instant now) {
    // In the order in which it came: a 0x14 of before an answer is not about what that has changed,
    // and a host that acts at once may have closed behind it.
    const bool is_end = carrier_.has_unsent() || channels_.has_outcome_first(farm::Subject::Moves);
    if (is_end) return hear_end(*carrier_.poll_ended(), now);
    const auto request = channels_.poll_request(farm::Subject::Moves);
    if (!request) return std::nullopt;
    return hear_request(*request, now);
}

Exchange::Heard Exchange::drop(Counter counter) {
    context_.counters.add(counter);
    return {};
}

Exchange::Heard Exchange::hear_end(const Carrier::Ended& ended, Instant now) {
    const farm::ServerId peer = ended.outcome.peer;
    const auto flow = carrier_.identifiers().find(peer, ended.flow);
    if (!flow) return {};  // over for 2MSL
    const bool is_answered = ended.outcome.kind == farm::TransactionOutcome::Kind::Answered;
    const ControlKind answer = ended.outcome.answer;
    if (ended.asked == ControlKind::Commit) {
        hear_commit_end(ended, *flow, now);
        return {};
    }
    if (is_answered && answer == ControlKind::BlobAcknowledgement) {
        const auto body = wire::FlowBody::parse(ended.outcome.body);
        if (body && body->flow == ended.flow) return hear_accepted(peer, *flow, ended.flow, now);
    }
    if (is_answered && answer == ControlKind::BlobReject) {
        const auto body = wire::BlobRejectBody::parse(ended.outcome.body);
        if (body && is_mutant(Mutant::WaitsThroughRefusal)) return {};
        if (body) return hear_refused(peer, *flow, ended.flow, body->reason, now);
    }
    if (is_answered) context_.counters.add(Counter::DropControlMove);
    return hear_lost(ended, *flow, now);
}

void Exchange::hear_commit_end(const Carrier::Ended& ended, const Flow& flow, Instant now) {
    const farm::ServerId peer = ended.outcome.peer;
    const bool is_answered = ended.outcome.kind == farm::TransactionOutcome::Kind::Answered &&
                             ended.outcome.answer == ControlKind::Commit;
    // What has been said to be closed, or unknown there, is remembered for a while (EP-32).
    const auto slot = context_.tables.find(flow.tuple);
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    const bool is_there =
        entry != nullptr && !entry->is_over && entry->copy == ended.flow.value() && flow.is_live;
    const bool is_over = is_answered || !is_there;
    if (is_over && !is_mutant(Mutant::CommitsForEver)) carrier_.end_commit(peer, ended.flow);
    if (is_answered) {
        return home_.handle_commit_answer(peer, flow.tuple, named_by(flow, ended.flow), now);
    }
    // A host that was cut off did not listen (EP-33), and its channel may live on.
    const bool is_unheard = ended.outcome.kind == farm::TransactionOutcome::Kind::TimedOut;
    if (is_unheard && !is_over && !carrier_.is_committing(peer, ended.flow)) {
        carrier_.send_copy(wire::EncapsulationType::Go, peer, ended.flow, now);
    }
}

Exchange::Heard Exchange::hear_accepted(farm::ServerId host, const Flow& flow, wire::FlowId id,
                                        Instant now) {
    const bool is_own = context_.self.has_service(flow.tuple.service);
    return {.touched = is_own
                           ? home_.handle_acknowledgement(host, flow.tuple, named_by(flow, id), now)
                           : target_.handle_acknowledgement(host, flow.tuple, flow.attempt, now)};
}

Exchange::Heard Exchange::hear_refused(farm::ServerId host, const Flow& flow, wire::FlowId id,
                                       RejectReason reason, Instant now) {
    if (!context_.self.has_service(flow.tuple.service)) {
        // EP-33: a home that may take us for dead lets nothing act here.
        if (channels_.is_cut_off(host)) return drop(Counter::DropFrameCutOff);
        return {.touched = target_.handle_reject(host, flow.tuple, {flow.attempt, reason}, now),
                .refused = reason};
    }
    if (is_mutant(Mutant::SparesRefusedEager)) return {};
    if (const auto lost = home_.handle_eager_refusal(flow.tuple, id)) {
        return {.touched = lost, .refused = reason};
    }
    // Of what it was just offered a host cannot say that it is unknown: it is not there.
    const auto touched = reason == RejectReason::UnknownEndpoint
                             ? home_.handle_loss(flow.tuple, id, now)
                             : home_.handle_reject(host, flow.tuple, {flow.attempt, reason}, now);
    return {.touched = touched, .refused = reason, .has_fallen_back = true};
}

/// The channel was lost, nobody answered, or nobody could make anything of the answer.
Exchange::Heard Exchange::hear_lost(const Carrier::Ended& ended, const Flow& flow, Instant now) {
    using enum farm::TransactionOutcome::Kind;
    const farm::ServerId peer = ended.outcome.peer;
    if (context_.self.has_service(flow.tuple.service)) {
        const auto touched = home_.handle_loss(flow.tuple, ended.flow, now);
        // BL-14: a copy that is there would wait for a minute, and in vain.
        const bool is_told = !is_mutant(Mutant::LeavesUnansweredCopy);
        if (touched && ended.outcome.kind == TimedOut && is_told) {
            carrier_.send_copy(wire::EncapsulationType::Release, peer, ended.flow, now);
        }
        return {.touched = touched, .has_fallen_back = true};
    }
    if (channels_.is_cut_off(peer)) return drop(Counter::DropFrameCutOff);  // EP-33
    // EP-46: what went back may have arrived, and goes again until the home says so. Of what never
    // left, or was never read as a blob, it has nothing.
    const bool is_error =
        ended.outcome.kind == Answered && ended.outcome.answer == ControlKind::Error;
    if (!target_.take_back(flow.tuple, ended.flow, is_error)) return {};
    return {
        .touched = target_.handle_reject(peer, flow.tuple, {flow.attempt, RejectReason::Full}, now),
        .refused = RejectReason::Full};
}

Exchange::Heard Exchange::hear_request(const farm::IncomingRequest& request, Instant now) {
    // CTL-7: what came by a channel that is gone may be of a predecessor.
    const bool is_old = request.origin.channel != channels_.serial_of(request.origin.peer);
    const bool begins = request.kind == ControlKind::Blob || request.kind == ControlKind::Commit;
    if (is_old && begins) return drop(Counter::DropControlMove);
    if (request.kind == ControlKind::Blob) return hear_blob(request, now);
    if (request.kind == ControlKind::MovedIcmp) return hear_moved_icmp(request, now);
    const auto body = wire::FlowBody::parse(request.body);
    if (!body) return drop(body.error());
    const auto flow = carrier_.identifiers().find(request.origin.peer, body->flow);
    if (!flow) return hear_of_unknown(request, body->flow, now);
    return hear_of_flow(request, *flow, body->flow, now);
}

/// The flow is over for 2MSL, or never was.
Exchange::Heard Exchange::hear_of_unknown(const farm::IncomingRequest& request, wire::FlowId flow,
                                          Instant now) {
    const farm::ServerId peer = request.origin.peer;
    if (request.kind == ControlKind::BlobAcknowledgement) {  // EP-16
        carrier_.send_copy(wire::EncapsulationType::Release, peer, flow, now);
    } else if (request.kind == ControlKind::Commit) {  // EP-23
        carrier_.reject(peer, flow, RejectReason::UnknownEndpoint, now);
    }
    return drop(Counter::DropControlMove);
}

Exchange::Heard Exchange::hear_of_flow(const farm::IncomingRequest& request, const Flow& flow,
                                       wire::FlowId id, Instant now) {
    const farm::ServerId peer = request.origin.peer;
    const bool is_own = context_.self.has_service(flow.tuple.service);
    const bool is_given = flow.giver == Giver::Self;
    const wire::MigrationCopy named = named_by(flow, id);
    switch (request.kind) {
        case ControlKind::BlobAcknowledgement:
            if (is_mutant(Mutant::LeavesLateCopy)) break;
            if (is_given) return hear_accepted(peer, flow, id, now);
            break;
        case ControlKind::FlowClosed:
            if (is_mutant(Mutant::KeepsTakenBack)) break;
            if (is_given && is_own) {
                return {.touched = home_.handle_release(peer, flow.tuple, named, now)};
            }
            if (!is_given && !is_own) {
                return {.touched = target_.handle_release(peer, flow.tuple, named)};
            }
            break;
        case ControlKind::FlowUnknown:
            if (is_mutant(Mutant::IgnoresUnknownFlow)) break;
            if (is_mutant(Mutant::BelievesEarlyUnknown)) {
                const auto early = wire::RejectReason::Full;
                const auto touched =
                    home_.handle_reject(peer, flow.tuple, {flow.attempt, early}, now);
                if (touched) return {.touched = touched, .refused = early};
            }
            if (is_given && is_own) {
                constexpr RejectReason unknown = RejectReason::UnknownEndpoint;
                return {
                    .touched = home_.handle_reject(peer, flow.tuple, {flow.attempt, unknown}, now),
                    .refused = unknown};
            }
            break;
        case ControlKind::Commit:
            if (!is_given && !is_own) return hear_commit(request.origin, flow, named, now);
            break;
        default:
            break;
    }
    return drop(Counter::DropControlMove);
}

Exchange::Heard Exchange::hear_commit(const farm::RequestOrigin& origin, const Flow& flow,
                                      const wire::MigrationCopy& named, Instant now) {
    if (channels_.is_cut_off(origin.peer)) return drop(Counter::DropFrameCutOff);
    const auto touched = target_.handle_go(origin.peer, flow.tuple, named, now);
    const auto slot = context_.tables.find(flow.tuple);
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    const bool acts = endpoint != nullptr && endpoint->copy == named.copy && endpoint->is_released;
    if (acts) carrier_.confirm(origin, wire::FlowId(named.copy), now);
    return {.touched = touched};
}

/// Who may hand this connection over, and as a blob (SEC-12, EP-29).
bool Exchange::may_come_from(farm::ServerId peer, const wire::BlobMapping& mapping) const {
    const bool is_own = context_.self.has_service(mapping.tuple.service);
    return context_.config.server_by_id(peer)->has_forward_ip(mapping.forwarder) &&
           carrier_.carries(mapping.tuple) &&
           (is_own || context_.is_home(peer, mapping.tuple.service)) &&
           !context_.config.is_farm_address(mapping.tuple.client);
}

Exchange::Heard Exchange::hear_blob(const farm::IncomingRequest& request, Instant now) {
    const farm::ServerId peer = request.origin.peer;
    const auto blob = wire::BlobView::parse(request.body);
    if (!blob || !may_come_from(peer, blob->mapping())) {
        carrier_.refuse(request.origin, RejectReason::MalformedState, now);
        return drop(blob ? Counter::DropBlobStranger : blob.error());
    }
    const wire::BlobMapping& mapping = blob->mapping();
    const tcp::Snapshot whole = snapshot_of(*blob);
    endpoint::Offer offer;
    offer.from = peer;
    offer.tuple = mapping.tuple;
    offer.id = {mapping.tuple.service, mapping.tuple.service_port,
                whole.block.initial_send_sequence, whole.block.epoch};
    offer.block = whole.block;
    offer.fingerprint = mapping.flow.value();
    offer.flow = mapping.flow;
    offer.whole = &whole;
    // EP-33: while its home may take us for dead nothing of it begins to act.
    offer.is_eager = (request.flags & wire::kControlEagerFlag) != 0 && !channels_.is_cut_off(peer);
    if (is_mutant(Mutant::ActsUncommitted)) offer.is_eager = true;
    if (is_mutant(Mutant::WaitsThoughEager)) offer.is_eager = false;
    const bool is_own = context_.self.has_service(mapping.tuple.service);
    if (!is_own && is_mutant(Mutant::RepliesFromHost))
        offer.tuple.service = context_.self.front_ip.address;
    carrier_.begin_answer(request.origin, mapping.flow);
    const auto touched = is_own ? home_.handle_offer(offer, now) : target_.handle_offer(offer, now);
    if (!carrier_.end_answer()) carrier_.refuse(request.origin, RejectReason::MalformedState, now);
    return {.touched = touched};
}

/// An ICMP error that came to the home about what this server has sent (BL-16).
Exchange::Heard Exchange::hear_moved_icmp(const farm::IncomingRequest& request, Instant now) {
    if (is_mutant(Mutant::IgnoresToldErrors)) return {};
    const auto body = wire::MovedIcmpBody::parse(request.body);
    if (!body) return drop(body.error());
    const farm::ServerId peer = request.origin.peer;
    const bool is_right =
        context_.is_home(peer, body->tuple.service) && carrier_.carries(body->tuple) &&
        body->packet.size() <= Packet::kCapacity && is_error_about(body->tuple, body->packet);
    if (!is_right) return drop(Counter::DropControlMove);
    return {.touched = target_.handle_forwarded(
                {peer, body->tuple, context_.pool.copy(body->packet), true}, now)};
}

void Exchange::say_again(farm::ServerId peer, Instant now) {
    carrier_.send_commits_again(peer, now);
    for (const Slot slot : context_.tables.sorted_slots()) {
        const Record& record = context_.tables.at(slot);
        const auto* endpoint = record.as<ForwardConnectEndpoint>();
        if (endpoint == nullptr || endpoint->home != peer || !endpoint->flow) continue;
        const bool is_again = endpoint->returning && !is_mutant(Mutant::ReturnsByOneChannel);
        if (is_again) target_.offer_again(slot, now);
        if (endpoint->suspended_since && endpoint->has_asked) {
            carrier_.send_copy(wire::EncapsulationType::Acknowledgement, peer, endpoint->flow->id(),
                               now);
        }
    }
}

}  // namespace shunt::migrate::blob
