// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/flow/flow_home.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/reject.hh"

namespace shunt::migrate {

using wire::EncapsulationType;

FlowHome::FlowHome(endpoint::Context& context, FlowTable& flows, std::uint32_t first_number)
    : context_(context), messages_(context), flows_(flows), flow_number_(first_number) {}

bool FlowHome::may_offer(const Flow& flow, farm::ServerId target, Instant now) {
    if (target == context_.self.id) return false;
    if (context_.config.is_farm_address(flow.tuple.client)) return false;  // EP-29
    // A base acknowledgement names no attempt: a late one must find none that it could mean
    // (EP-18).
    return context_.has_extensions() || context_.offers.may_offer(flow.tuple, target, now);
}

bool FlowHome::offer(Slot slot, std::vector<farm::ServerId> candidates, Instant now) {
    Flow& flow = flows_.at(slot);
    std::erase_if(candidates, [&](farm::ServerId id) { return !may_offer(flow, id, now); });
    if (candidates.empty()) return false;
    flow.standing.emplace<OfferedFlow>(context_.held_budget).candidates = std::move(candidates);
    return offer_next(slot, now);
}

bool FlowHome::offer_next(Slot slot, Instant now) {
    Flow& flow = flows_.at(slot);
    auto& offered = *flow.as<OfferedFlow>();
    if (offered.candidates.empty()) return false;
    offered.target = offered.candidates.front();
    offered.candidates.erase(offered.candidates.begin());
    offered.id = {flow.tuple.service, flow.tuple.service_port, SequenceNumber(0),
                  next_flow_number()};
    offered.started = now;
    offered.times_sent = 0;
    if (!context_.has_extensions()) context_.offers.remember(flow.tuple, offered.target, now);
    context_.counters.add(Counter::MoveStarted);
    send_offer(flow, offered, now);
    return true;
}

/// Never 0: an ID of zeros asks about a tuple alone (EP-23).
std::uint32_t FlowHome::next_flow_number() {
    if (++flow_number_ == 0) ++flow_number_;
    return flow_number_;
}

void FlowHome::send_offer(const Flow& flow, OfferedFlow& offered, Instant now) {
    ++offered.times_sent;
    wire::ConnectionInformation information;
    information.service = flow.tuple.service;
    information.service_port = flow.tuple.service_port;
    if (context_.has_extensions()) information.flow_number = offered.id.epoch;
    Packet payload = context_.pool.take();
    information.append_to(payload);
    messages_.send(offered.target, flow.tuple, EncapsulationType::Connection, std::move(payload),
                   now);
}

void FlowHome::hold(Slot slot, Packet packet) {
    auto& offered = *flows_.at(slot).as<OfferedFlow>();
    if (is_mutant(Mutant::DropsHeldDatagrams)) return;
    if (!offered.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
}

void FlowHome::forward(Slot slot, Packet packet, Instant now) {
    Flow& flow = flows_.at(slot);
    if (!is_mutant(Mutant::ForgetsBusyFlows)) flow.last_heard = now;
    const farm::ServerId owner = flow.as<ForwardedFlow>()->owner;
    messages_.forward(owner, flow.tuple, std::nullopt, std::move(packet), now);
}

std::optional<FlowHome::Slot> FlowHome::handle_acknowledgement(const EncapsulatedFrame& frame,
                                                               Instant now) {
    const auto named = wire::MigrationCopy::parse(frame.view);
    if (context_.has_extensions() && !named) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const std::uint32_t copy = named ? named->copy : 0;
    const auto names = [&](const wire::MigrationId& id) {
        return !context_.has_extensions() || named->id == id;
    };
    const auto tuple = messages_.tuple_of_answer(frame.view);
    const auto slot = tuple ? flows_.find(*tuple) : std::nullopt;
    if (slot) {
        const Flow& flow = flows_.at(*slot);
        const auto* offered = flow.as<OfferedFlow>();
        // One that is read after the time to fall back is too late, as for connections (EP-6).
        if (offered != nullptr && offered->target == frame.from && names(offered->id) &&
            now < offered->started + context_.config.timers.fall_back) {
            accept(*slot, copy, now);
            return slot;
        }
        const auto* moved = flow.as<ForwardedFlow>();
        if (moved != nullptr && moved->owner == frame.from && names(moved->id) &&
            (!context_.has_extensions() || moved->copy == copy)) {
            release_target(flow, now);
            return std::nullopt;
        }
    }
    refuse_stale(frame, now);
    return std::nullopt;
}

void FlowHome::accept(Slot slot, std::uint32_t copy, Instant now) {
    Flow& flow = flows_.at(slot);
    auto& offered = *flow.as<OfferedFlow>();
    const ForwardedFlow moved{offered.target, offered.id, copy};
    std::vector<Packet> held = offered.held.take_all();
    flow.standing.emplace<ForwardedFlow>(moved);
    context_.counters.add(Counter::MoveDone);
    release_target(flow, now);
    for (Packet& packet : held)
        forward(slot, std::move(packet), now);
}

/// In a base farm the first datagram is the release (EP-13); a copy that misses it waits for the
/// next one (EP-51).
void FlowHome::release_target(const Flow& flow, Instant now) {
    if (!context_.has_extensions()) return;
    const auto& moved = *flow.as<ForwardedFlow>();
    messages_.send_copy(EncapsulationType::Go, moved.owner, flow.tuple, {moved.id, moved.copy},
                        now);
}

void FlowHome::refuse_stale(const EncapsulatedFrame& frame, Instant now) {
    context_.counters.add(Counter::AcknowledgementStale);
    if (!context_.has_extensions()) return;  // no datagram could say so
    wire::EncapsulationHeader header = frame.view.header();
    header.destination = context_.config.server_by_id(frame.from)->forward_ips.front();
    header.type = EncapsulationType::Release;
    context_.link.send(frame.from, header, context_.pool.copy(frame.view.payload()), now);
}

std::optional<FlowHome::Slot> FlowHome::handle_reject(const EncapsulatedFrame& frame, Instant now) {
    const auto reject = wire::RejectMessage::parse(frame.view);
    if (!reject) {
        context_.counters.add(reject.error());
        return std::nullopt;
    }
    const auto tuple = messages_.tuple_of_answer(frame.view);
    const auto slot = tuple ? flows_.find(*tuple) : std::nullopt;
    const bool is_unknown = reject->reason == wire::RejectReason::UnknownEndpoint;
    if (slot) {
        const Flow& flow = flows_.at(*slot);
        const auto* moved = flow.as<ForwardedFlow>();
        if (is_unknown && moved != nullptr && moved->owner == frame.from) {
            return handle_unknown(*slot, reject->id, now);
        }
        const auto* offered = flow.as<OfferedFlow>();
        if (!is_unknown && offered != nullptr && offered->target == frame.from &&
            offered->id == reject->id) {
            context_.counters.add(Counter::MoveRejected);
            return slot;
        }
    }
    context_.counters.add(Counter::RejectStale);
    return std::nullopt;
}

std::optional<FlowHome::Slot> FlowHome::handle_unknown(Slot slot, const wire::MigrationId& unknown,
                                                       Instant now) {
    const Flow& flow = flows_.at(slot);
    const auto& moved = *flow.as<ForwardedFlow>();
    if (unknown == moved.id) {  // the answer to a 0x14
        context_.counters.add(Counter::ForwardDisowned);
        flows_.erase(slot);
        return slot;
    }
    if (unknown.epoch == 0) {
        messages_.send_copy(EncapsulationType::Go, moved.owner, flow.tuple, {moved.id, moved.copy},
                            now);
    } else {
        context_.counters.add(Counter::RejectStale);
    }
    return std::nullopt;
}

std::optional<FlowHome::Slot> FlowHome::handle_release(const EncapsulatedFrame& frame) {
    const auto released = wire::MigrationCopy::parse(frame.view);
    if (!released) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = messages_.tuple_of_answer(frame.view);
    const auto slot = tuple ? flows_.find(*tuple) : std::nullopt;
    const auto* moved = slot ? flows_.at(*slot).as<ForwardedFlow>() : nullptr;
    if (moved == nullptr || moved->owner != frame.from || moved->id != released->id ||
        moved->copy != released->copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    flows_.erase(*slot);
    return slot;
}

Instant FlowHome::deadline(const Flow& flow) const {
    const auto& timers = context_.config.timers;
    const auto* offered = flow.as<OfferedFlow>();
    if (offered == nullptr) return flow.last_heard + timers.flow_idle;
    const Instant fall_back = offered->started + timers.fall_back;
    const auto& repeats = timers.connection_sends;
    if (offered->times_sent >= repeats.size()) return fall_back;
    return std::min(fall_back, offered->started + repeats[offered->times_sent]);
}

bool FlowHome::handle_offer_deadline(Slot slot, Instant now) {
    Flow& flow = flows_.at(slot);
    auto& offered = *flow.as<OfferedFlow>();
    const auto& timers = context_.config.timers;
    if (offered.started + timers.fall_back <= now) {
        context_.counters.add(Counter::MoveFellBack);
        return true;
    }
    const auto& repeats = timers.connection_sends;
    const auto is_due = [&] {
        return offered.times_sent < repeats.size() &&
               offered.started + repeats[offered.times_sent] <= now;
    };
    if (is_due()) send_offer(flow, offered, now);
    // A late wake-up sends one repetition, not all that it missed.
    while (is_due())
        ++offered.times_sent;
    return false;
}

}  // namespace shunt::migrate
