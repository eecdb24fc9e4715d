// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/carrier.hh"

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"
#include "shunt/ip/fragmentation.hh"
#include "shunt/ip/icmp_replies.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/migrate/record.hh"
#include "shunt/wire/flow_messages.hh"
#include "shunt/wire/flow_rewrite.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate::blob {

using wire::ControlKind;
using wire::EncapsulationType;

namespace {

/// Flows that are live, and as many that ended within the last 2MSL.
std::size_t capacity_of(const farm::Limits& limits) {
    return 2 * (limits.forward_entries + limits.forward_connect_entries);
}

template <typename Body>
std::vector<std::uint8_t> written(const Body& body) {
    std::vector<std::uint8_t> bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

}  // namespace

Carrier::Carrier(const Environment& environment, Instant now)
    : environment_(environment),
      identifiers_(environment.rng, environment.config.timers.two_msl,
                   capacity_of(environment.config.limits)),
      packets_(environment.config, environment.self, identifiers_, environment.pool,
               environment.counters),
      errors_(ip::IcmpReplies::kErrorsPerSecond, ip::IcmpReplies::kBurst, now) {}

bool Carrier::carries(const wire::ConnectionTuple& tuple) const {
    return tuple.protocol == wire::TransportProtocol::Tcp &&
           environment_.config.profile_of(tuple.service_port) == farm::Profile::Blob;
}

std::vector<std::uint8_t> Carrier::compile(const wire::ConnectionTuple& tuple, wire::FlowId flow,
                                           const tcp::Snapshot& snapshot) const {
    const farm::Server& self = environment_.self;
    const wire::Ipv4Address forwarder = is_mutant(Mutant::NamesOtherForwarder)
                                            ? self.front_ip.address
                                            : self.forward_ip_for(tuple.service);
    return SnapshotBlob({flow, tuple, forwarder}, snapshot).written();
}

bool Carrier::request(farm::ServerId to, ControlKind kind, wire::FlowId flow, ByteView body,
                      Duration patience, std::uint16_t flags, Instant now) {
    const auto transaction = channels_->request(to, kind, body, patience, now, flags);
    if (transaction) pending_.emplace(*transaction, Pending{kind, flow});
    return transaction.has_value();
}

void Carrier::offer(Attempt& attempt, bool is_eager, Instant now) {
    environment_.counters.add(Counter::BlobSent);
    const bool is_called_eager = is_eager || is_mutant(Mutant::CallsBlobsEager);
    const std::uint16_t flags = is_called_eager ? wire::kControlEagerFlag : std::uint16_t{0};
    if (is_mutant(Mutant::CompilesNothing)) return;
    const wire::FlowId flow = attempt.flow->id();
    const int patience = is_mutant(Mutant::WaitsForLateAnswer) ? 10 : 1;
    const bool is_sent = request(attempt.target, ControlKind::Blob, flow, attempt.payload,
                                 environment_.config.timers.blob_answer * patience, flags, now);
    if (is_sent) {
        ++attempt.times_sent;
        return;
    }
    environment_.counters.add(Counter::DropControlMove);
    farm::TransactionOutcome lost;
    lost.peer = attempt.target;
    lost.kind = farm::TransactionOutcome::Kind::ChannelLost;
    not_sent_.push_back({ControlKind::Blob, flow, std::move(lost)});
}

bool Carrier::answers(farm::ServerId to, wire::FlowId flow) const {
    return answering_ && answering_->origin.peer == to && answering_->flow == flow;
}

void Carrier::tell(farm::ServerId to, ControlKind kind, wire::FlowId flow, Instant now) {
    const std::vector<std::uint8_t> body = written(wire::FlowBody{flow});
    // What is lost with its channel is asked for again on the next one (BL-14, BL-16).
    if (!channels_->tell(to, kind, body, now)) environment_.counters.add(Counter::DropControlMove);
}

void Carrier::send_copy(EncapsulationType type, farm::ServerId to, wire::FlowId flow, Instant now) {
    if (type == EncapsulationType::Release) {
        if (is_mutant(Mutant::ClosesFlowSilently)) return;
        return tell(to, ControlKind::FlowClosed, flow, now);
    }
    if (type == EncapsulationType::Go && is_mutant(Mutant::AsksNoCommit)) return;
    if (type == EncapsulationType::Go) {
        const std::vector<std::uint8_t> body = written(wire::FlowBody{flow});
        unsigned& under_way = commits_[{to, flow}];
        if (request(to, ControlKind::Commit, flow, body, environment_.config.timers.blob_answer, 0,
                    now)) {
            ++under_way;
        }
        return;
    }
    SHUNT_ASSERT(type == EncapsulationType::Acknowledgement, "no other type names a copy");
    if (!answers(to, flow)) return tell(to, ControlKind::BlobAcknowledgement, flow, now);
    if (is_mutant(Mutant::AnswersNoBlob)) return answering_.reset();
    const std::vector<std::uint8_t> body = written(wire::FlowBody{flow});
    // Where the channel is gone the forwarder goes on with the connection, or asks again.
    (void)channels_->answer(answering_->origin, ControlKind::BlobAcknowledgement, body, now);
    answering_.reset();
}

void Carrier::reject(farm::ServerId to, wire::FlowId flow, wire::RejectReason reason, Instant now) {
    if (answers(to, flow)) {
        refuse(answering_->origin, reason, now);
        return answering_.reset();
    }
    environment_.counters.add(Counter::RejectSent);
    tell(to, ControlKind::FlowUnknown, flow, now);
}

void Carrier::refuse(const farm::RequestOrigin& origin, wire::RejectReason reason, Instant now) {
    environment_.counters.add(Counter::RejectSent);
    if (is_mutant(Mutant::RefusesBlobAsFull)) reason = wire::RejectReason::Full;
    const std::vector<std::uint8_t> body = written(wire::BlobRejectBody{reason});
    (void)channels_->answer(origin, ControlKind::BlobReject, body, now);
}

void Carrier::confirm(const farm::RequestOrigin& origin, wire::FlowId flow, Instant now) {
    if (is_mutant(Mutant::AnswersNoCommit)) return;
    const std::vector<std::uint8_t> body = written(wire::FlowBody{flow});
    (void)channels_->answer(origin, ControlKind::Commit, body, now, wire::kControlAnswerFlag);
}

void Carrier::forward(farm::ServerId to, wire::Ipv4Address service, wire::FlowId flow,
                      Packet packet, Instant now) {
    environment_.counters.add(Counter::ForwardSent);
    const wire::FlowPath path{environment_.self.forward_ip_for(service),
                              environment_.config.server_by_id(to)->forward_ip_for(service)};
    if (const auto fault = wire::rewrite_to_flow(packet.mutable_bytes(), path, flow)) {
        return environment_.counters.add(*fault);
    }
    if (is_mutant(Mutant::AgesForwarded)) {
        // One less in the TTL's byte is one more in the header's checksum.
        const MutableBytes bytes = packet.mutable_bytes();
        --bytes[8];
        const std::uint32_t sum = load_u16(bytes, 10) + 0x0100U;
        store_u16(bytes, 10, static_cast<std::uint16_t>(sum + (sum >> 16U)));
    }
    const std::size_t most = environment_.link.rewritten_max();
    if (packet.size() <= most) return environment_.link.send_rewritten(to, std::move(packet), now);
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip || ip->dont_fragment()) return environment_.counters.add(Counter::DropForwardMtu);
    for (Packet& piece : ip::fragment(*ip, most, environment_.pool))
        environment_.link.send_rewritten(to, std::move(piece), now);
}

void Carrier::tell_icmp(farm::ServerId to, const wire::ConnectionTuple& tuple, ByteView packet,
                        Instant now) {
    if (is_mutant(Mutant::KeepsErrorsOfMoved)) return;
    if (!errors_.take(now)) return environment_.counters.add(Counter::DropControlMove);
    const std::vector<std::uint8_t> body = written(wire::MovedIcmpBody{tuple, packet});
    if (!channels_->tell(to, ControlKind::MovedIcmp, body, now)) {
        environment_.counters.add(Counter::DropControlMove);
    }
}

std::optional<Carrier::Ended> Carrier::poll_ended() {
    if (!not_sent_.empty()) {
        Ended first = std::move(not_sent_.front());
        not_sent_.pop_front();
        return first;
    }
    auto outcome = channels_->poll_outcome(farm::Subject::Moves);
    if (!outcome) return std::nullopt;
    const auto node = pending_.extract(outcome->transaction);
    SHUNT_ASSERT(!node.empty(), "all that is asked about moves is asked here");
    if (node.mapped().asked == ControlKind::Commit) {
        const auto commit = commits_.find({outcome->peer, node.mapped().flow});
        if (commit != commits_.end() && commit->second > 0) --commit->second;
    }
    return Ended{node.mapped().asked, node.mapped().flow, std::move(*outcome)};
}

void Carrier::handle_deadline(Instant now) {
    std::optional<FlowPackets::Unknown> last;
    while (const auto unknown = packets_.poll_unknown(now)) {
        // Packets come in bursts, and one answer does for each.
        if (last && last->from == unknown->from && last->flow == unknown->flow) continue;
        tell(unknown->from, ControlKind::FlowUnknown, unknown->flow, now);
        last = unknown;
    }
}

void Carrier::send_commits_again(farm::ServerId host, Instant now) {
    std::vector<wire::FlowId> again;
    absl::erase_if(commits_, [&](const auto& entry) {
        const HostFlow& commit = entry.first;
        if (commit.host != host) return false;
        const auto flow = identifiers_.find(host, commit.flow);
        if (!flow || !flow->is_live) return true;
        again.push_back(commit.flow);
        return false;
    });
    if (is_mutant(Mutant::CommitsOnce)) return;
    std::sort(again.begin(), again.end());
    for (const wire::FlowId flow : again)
        send_copy(EncapsulationType::Go, host, flow, now);
}

}  // namespace shunt::migrate::blob
