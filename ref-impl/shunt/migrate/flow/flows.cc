// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/flow/flows.hh"

#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/wire/migration_copy.hh"

namespace shunt::migrate {

using wire::EncapsulationType;

const char* describe(FlowRefusal refusal) {
    switch (refusal) {
        case FlowRefusal::MovedIn:
            return "a UDP flow moves from its home only";
        case FlowRefusal::AlreadyMoving:
            return "a move is under way";
        case FlowRefusal::NotOffered:
            return "the target is this server, or was asked for this flow lately (EP-18)";
    }
    return "unknown";
}

Flows::Flows(endpoint::Context& context, Rng rng, std::size_t capacity)
    : context_(context),
      rng_(rng),
      table_(draw_key(rng_), capacity),
      home_(context, table_, rng_.next_u32()),
      target_(context, table_, deliveries_, rng_) {}

bool Flows::open(const wire::ConnectionTuple& tuple, Packet packet,
                 std::vector<farm::ServerId> candidates, Instant now) {
    if (!table_.has_room()) {
        context_.counters.add(Counter::DropFlowFull);
        return false;
    }
    const Slot slot = table_.insert(tuple, now);
    if (home_.offer(slot, std::move(candidates), now)) {
        home_.hold(slot, std::move(packet));
    } else {
        deliveries_.push(tuple, std::move(packet));
    }
    settle(slot);
    return true;
}

void Flows::handle_datagram(const wire::ConnectionTuple& tuple, Packet packet, Instant now) {
    const Slot slot = *table_.find(tuple);
    Flow& flow = table_.at(slot);
    if (flow.as<ForwardedFlow>() != nullptr) return home_.forward(slot, std::move(packet), now);
    flow.last_heard = now;  // its deadline moves when it is due
    if (flow.as<OfferedFlow>() != nullptr) return home_.hold(slot, std::move(packet));
    deliveries_.push(tuple, std::move(packet));
}

std::optional<FlowRefusal> Flows::move(const wire::ConnectionTuple& tuple, farm::ServerId to,
                                       Instant now) {
    const Slot slot = *table_.find(tuple);
    const Flow& flow = table_.at(slot);
    if (flow.as<OfferedFlow>() != nullptr) return FlowRefusal::AlreadyMoving;
    if (flow.as<LocalFlow>() == nullptr) return FlowRefusal::MovedIn;
    if (!home_.offer(slot, {to}, now)) return FlowRefusal::NotOffered;
    settle(slot);
    return std::nullopt;
}

void Flows::handle_frame(EncapsulatedFrame frame, Instant now) {
    std::optional<Slot> touched;
    switch (frame.view.type()) {
        case EncapsulationType::Connection:
            touched = target_.handle_connection(frame, now);
            break;
        case EncapsulationType::Forwarded:
            touched = target_.handle_forwarded(std::move(frame), now);
            break;
        case EncapsulationType::Acknowledgement:
            touched = home_.handle_acknowledgement(frame, now);
            break;
        case EncapsulationType::Reject:
            touched = home_.handle_reject(frame, now);
            if (touched && table_.contains(*touched) && !home_.offer_next(*touched, now)) {
                serve_here(*touched, now);
            }
            break;
        case EncapsulationType::Go:
            touched = target_.handle_go(frame, now);
            break;
        case EncapsulationType::Release:
            return handle_release(frame);
        case EncapsulationType::Data:
        case EncapsulationType::Challenge:
        case EncapsulationType::Missing:
            // A flow has no queues.
            return context_.counters.add(Counter::DropEncapsulationType);
    }
    if (touched) settle(*touched);
}

void Flows::handle_release(const EncapsulatedFrame& frame) {
    const auto released = wire::MigrationCopy::parse(frame.view);
    if (!released) return context_.counters.add(Counter::DropEncapsulationPayload);
    const bool is_own = context_.self.has_service(released->id.service);
    const auto touched = is_own ? home_.handle_release(frame) : target_.handle_release(frame);
    if (touched) settle(*touched);
}

void Flows::abandon_owner(farm::ServerId owner) {
    for (const Slot slot : table_.sorted_slots()) {
        const auto* moved = table_.at(slot).as<ForwardedFlow>();
        if (moved == nullptr || moved->owner != owner) continue;
        context_.counters.add(Counter::ForwardAbandoned);
        table_.erase(slot);
        settle(slot);
    }
}

void Flows::drop_moved_in_from(farm::ServerId home) {
    for (const Slot slot : table_.sorted_slots()) {
        const auto* moved_in = table_.at(slot).as<MovedInFlow>();
        if (moved_in == nullptr || moved_in->home != home) continue;
        context_.counters.add(Counter::CopyOrphaned);
        table_.erase(slot);
        settle(slot);
    }
}

/// Nobody else takes it (EP-6).
void Flows::serve_here(Slot slot, Instant now) {
    Flow& flow = table_.at(slot);
    std::vector<Packet> held = flow.as<OfferedFlow>()->held.take_all();
    flow.standing.emplace<LocalFlow>();
    flow.last_heard = now;
    for (Packet& packet : held)
        deliveries_.push(flow.tuple, std::move(packet));
}

void Flows::settle(Slot slot) {
    if (!table_.contains(slot)) return deadlines_.set(slot, std::nullopt);
    const Flow& flow = table_.at(slot);
    deadlines_.set(
        slot, flow.as<MovedInFlow>() != nullptr ? target_.deadline(flow) : home_.deadline(flow));
}

std::optional<Instant> Flows::poll_deadline() const {
    return earlier(deadlines_.earliest(), target_.early_deadline());
}

void Flows::handle_deadline(Instant now) {
    if (is_due(target_.early_deadline(), now)) target_.handle_early_deadline(now);
    while (const auto slot = deadlines_.pop_due(now))
        handle_flow_deadline(*slot, now);
}

void Flows::handle_flow_deadline(Slot slot, Instant now) {
    const Flow& flow = table_.at(slot);
    if (flow.as<MovedInFlow>() != nullptr) {
        target_.handle_deadline(slot, now);
    } else if (flow.as<OfferedFlow>() != nullptr) {
        const bool has_failed = home_.handle_offer_deadline(slot, now);
        if (has_failed && !home_.offer_next(slot, now)) serve_here(slot, now);
    } else if (home_.deadline(flow) <= now) {
        context_.counters.add(Counter::FlowExpired);
        table_.erase(slot);
    }
    settle(slot);
}

}  // namespace shunt::migrate
