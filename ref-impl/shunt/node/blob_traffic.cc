// SPDX-License-Identifier: Apache-2.0
// What the other servers say of connections that move as blobs: what the control channels bring
// about them, and clients' packets at a forward IP (docs/protocol/blob.md; ADR 0013). The same
// state machines hear of it as of encapsulated frames (back_packets.cc).
#include "shunt/base/mutant.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/flow_messages.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::node {

using migrate::blob::Carrier;
using migrate::blob::Flow;
using migrate::blob::Giver;
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

void Node::hear_moves(Instant now) {
    if (!blobs_) return;
    // Answers first: a host that acts at once may have closed before its answer is read.
    while (const auto ended = blobs_->poll_ended())
        handle_ended(*ended, now);
    while (const auto request = channels_->poll_request(farm::Subject::Moves))
        handle_move_request(*request, now);
    settle_progressed(now);
}

void Node::settle_answered(std::optional<Slot> touched, std::optional<RejectReason> refused,
                           Instant now) {
    if (!touched) return;
    note_answer(*touched, refused, now);
    settle(*touched, now);
}

void Node::handle_ended(const Carrier::Ended& ended, Instant now) {
    const farm::ServerId peer = ended.outcome.peer;
    const auto flow = blobs_->identifiers().find(peer, ended.flow);
    if (!flow) return;  // over for 2MSL
    const bool is_answered = ended.outcome.kind == farm::TransactionOutcome::Kind::Answered;
    if (ended.asked == ControlKind::Commit) {
        if (!is_answered || ended.outcome.answer != ControlKind::Commit) return;
        blobs_->end_commit(peer, ended.flow);
        return home_.handle_commit_answer(peer, flow->tuple, named_by(*flow, ended.flow), now);
    }
    if (is_answered && ended.outcome.answer == ControlKind::BlobAcknowledgement) {
        const auto body = wire::FlowBody::parse(ended.outcome.body);
        if (body && body->flow == ended.flow) {
            return handle_blob_taken(peer, *flow, ended.flow, now);
        }
    }
    if (is_answered && ended.outcome.answer == ControlKind::BlobReject) {
        const auto body = wire::BlobRejectBody::parse(ended.outcome.body);
        if (body) return handle_blob_refused(peer, *flow, ended.flow, body->reason, now);
    }
    if (is_answered) counters_.add(Counter::DropControlMove);
    handle_blob_lost(ended, *flow, now);
}

void Node::handle_blob_taken(farm::ServerId host, const Flow& flow, wire::FlowId id, Instant now) {
    const bool is_own = self_.has_service(flow.tuple.service);
    settle_answered(is_own ? home_.handle_acknowledgement(host, flow.tuple, named_by(flow, id), now)
                           : target_.handle_acknowledgement(host, flow.tuple, flow.attempt, now),
                    std::nullopt, now);
}

void Node::handle_blob_refused(farm::ServerId host, const Flow& flow, wire::FlowId id,
                               RejectReason reason, Instant now) {
    if (!self_.has_service(flow.tuple.service)) {
        // EP-33: a home that may take us for dead lets nothing act here.
        if (channels_->is_cut_off(host)) return counters_.add(Counter::DropFrameCutOff);
        return settle_answered(target_.handle_reject(host, flow.tuple, {flow.attempt, reason}, now),
                               reason, now);
    }
    auto touched = home_.handle_eager_refusal(flow.tuple, id);
    if (touched) return settle_answered(touched, reason, now);
    // Of what it was just offered a host cannot say that it is unknown: it is not there.
    touched = reason == RejectReason::UnknownEndpoint
                  ? home_.handle_loss(flow.tuple, id)
                  : home_.handle_reject(host, flow.tuple, {flow.attempt, reason}, now);
    if (touched && tables_.contains(*touched)) try_candidates(*touched, now);
    settle_answered(touched, reason, now);
}

/// The channel was lost, nobody answered, or nobody could make anything of the answer.
void Node::handle_blob_lost(const Carrier::Ended& ended, const Flow& flow, Instant now) {
    using enum farm::TransactionOutcome::Kind;
    if (self_.has_service(flow.tuple.service)) {
        const auto touched = home_.handle_loss(flow.tuple, ended.flow);
        if (!touched) return;
        try_candidates(*touched, now);
        return settle(*touched, now);
    }
    // EP-46: what goes back may have arrived. It is sent until the home says so, by the next
    // channel if this one is lost; but a home that answers with an error has not taken it.
    if (ended.outcome.kind == TimedOut) target_.offer_again(flow.tuple, ended.flow, now);
    if (ended.outcome.kind == Answered) {
        handle_blob_refused(ended.outcome.peer, flow, ended.flow, RejectReason::Full, now);
    }
}

void Node::handle_move_request(const farm::IncomingRequest& request, Instant now) {
    if (request.kind == ControlKind::Blob) return handle_blob(request, now);
    if (request.kind == ControlKind::MovedIcmp) return handle_moved_icmp(request, now);
    const farm::ServerId peer = request.origin.peer;
    const auto body = wire::FlowBody::parse(request.body);
    if (!body) return counters_.add(body.error());
    const auto flow = blobs_->identifiers().find(peer, body->flow);
    if (!flow) return handle_unknown_flow(request, body->flow, now);
    const bool is_own = self_.has_service(flow->tuple.service);
    const wire::MigrationCopy named = named_by(*flow, body->flow);
    const bool is_given = flow->giver == Giver::Self;
    if (request.kind == ControlKind::BlobAcknowledgement && is_given) {
        return handle_blob_taken(peer, *flow, body->flow, now);
    }
    if (request.kind == ControlKind::FlowClosed && is_given == is_own) {
        return settle_answered(is_own ? home_.handle_release(peer, flow->tuple, named, now)
                                      : target_.handle_release(peer, flow->tuple, named),
                               std::nullopt, now);
    }
    if (request.kind == ControlKind::FlowUnknown && is_given && is_own) {
        return settle_answered(
            home_.handle_reject(peer, flow->tuple, {flow->attempt, RejectReason::UnknownEndpoint},
                                now),
            RejectReason::UnknownEndpoint, now);
    }
    if (request.kind == ControlKind::Commit && !is_given && !is_own) {
        return handle_commit(request.origin, *flow, named, now);
    }
    counters_.add(Counter::DropControlMove);
}

/// The flow is over for 2MSL, or never was.
void Node::handle_unknown_flow(const farm::IncomingRequest& request, wire::FlowId flow,
                               Instant now) {
    const farm::ServerId peer = request.origin.peer;
    counters_.add(Counter::DropControlMove);
    if (request.kind == ControlKind::BlobAcknowledgement) {  // EP-16
        blobs_->send_copy(wire::EncapsulationType::Release, peer, flow, now);
    } else if (request.kind == ControlKind::Commit) {  // EP-23
        blobs_->reject(peer, flow, RejectReason::UnknownEndpoint, now);
    }
}

void Node::handle_commit(const farm::RequestOrigin& origin, const Flow& flow,
                         const wire::MigrationCopy& named, Instant now) {
    if (channels_->is_cut_off(origin.peer)) return counters_.add(Counter::DropFrameCutOff);
    const auto touched = target_.handle_go(origin.peer, flow.tuple, named, now);
    const auto slot = tables_.find(flow.tuple);
    const auto* endpoint = slot ? tables_.at(*slot).as<migrate::ForwardConnectEndpoint>() : nullptr;
    const bool acts = endpoint != nullptr && endpoint->copy == named.copy && endpoint->is_released;
    if (acts) blobs_->confirm(origin, wire::FlowId(named.copy), now);
    if (touched) settle(*touched, now);
}

/// Who may hand this connection over, and as a blob (SEC-12, EP-29).
bool Node::may_come_from(farm::ServerId peer, const wire::BlobMapping& mapping) const {
    const farm::Server& sender = *config_.server_by_id(peer);
    return sender.has_forward_ip(mapping.forwarder) && blobs_->carries(mapping.tuple) &&
           (self_.has_service(mapping.tuple.service) ||
            context_.is_home(peer, mapping.tuple.service)) &&
           !config_.is_farm_address(mapping.tuple.client);
}

void Node::handle_blob(const farm::IncomingRequest& request, Instant now) {
    const auto blob = wire::BlobView::parse(request.body);
    if (!blob) counters_.add(blob.error());
    const bool is_right = blob && may_come_from(request.origin.peer, blob->mapping());
    if (!is_right) {
        if (blob) counters_.add(Counter::DropBlobStranger);
        return blobs_->refuse(request.origin, RejectReason::MalformedState, now);
    }
    const wire::BlobMapping& mapping = blob->mapping();
    const wire::ControlBlock& block = blob->block();
    const tcp::Snapshot whole = migrate::blob::snapshot_of(*blob);
    migrate::endpoint::Offer offer;
    offer.from = request.origin.peer;
    offer.tuple = mapping.tuple;
    offer.id = {mapping.tuple.service, mapping.tuple.service_port, block.initial_send_sequence,
                block.epoch};
    offer.block = whole.block;
    offer.fingerprint = mapping.flow.value();
    offer.flow = mapping.flow;
    offer.whole = &whole;
    offer.is_eager = (request.flags & wire::kControlEagerFlag) != 0;
    blobs_->begin_answer(request.origin, mapping.flow);
    const auto touched = self_.has_service(mapping.tuple.service)
                             ? home_.handle_offer(offer, now)
                             : target_.handle_offer(offer, now);
    if (!blobs_->end_answer()) blobs_->refuse(request.origin, RejectReason::MalformedState, now);
    settle_answered(touched, std::nullopt, now);
}

/// An ICMP error that came to the home about what this server has sent (BL-16).
void Node::handle_moved_icmp(const farm::IncomingRequest& request, Instant now) {
    const auto body = wire::MovedIcmpBody::parse(request.body);
    if (!body) return counters_.add(body.error());
    const bool is_right = context_.is_home(request.origin.peer, body->tuple.service) &&
                          body->packet.size() <= Packet::kCapacity &&
                          is_error_about(body->tuple, body->packet);
    if (!is_right) return counters_.add(Counter::DropControlMove);
    const auto touched = target_.handle_forwarded(
        {request.origin.peer, body->tuple, pool_.copy(body->packet), true}, now);
    if (touched) settle(*touched, now);
}

void Node::handle_rewritten(wire::MacAddress station, Packet packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    const auto sender = farm_link_.sender_of_rewritten(station, *ip);
    if (!sender) return counters_.add(sender.error());
    auto received = blobs_->packets().receive(*sender, std::move(packet), now);
    if (!received) return;
    handle_received(
        {received->from, received->tuple, std::move(received->packet), false, received->flow}, now);
}

/// By a new channel goes what was lost with the one before (BL-14, EP-46).
void Node::say_again(farm::ServerId peer, Instant now) {
    if (!blobs_) return;
    blobs_->send_commits_again(peer, now);
    for_each_moved_in_from(peer, [&](Slot slot) {
        const auto& endpoint = *tables_.at(slot).as<migrate::ForwardConnectEndpoint>();
        if (!endpoint.returning || !endpoint.returning->flow) return;
        target_.offer_again(tables_.at(slot).tuple, endpoint.returning->flow->id(), now);
    });
}

}  // namespace shunt::node
