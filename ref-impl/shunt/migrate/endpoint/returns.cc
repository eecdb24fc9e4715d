// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/returns.hh"

#include <algorithm>
#include <memory>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/movable.hh"

namespace shunt::migrate::endpoint {
namespace {

/// When the 0x01 goes, counted from the clock of the attempt: the pauses added up.
std::vector<Duration> times_of(const std::vector<Duration>& pauses) {
    std::vector<Duration> times{Duration()};
    for (const Duration pause : pauses)
        times.push_back(times.back() + pause);
    return times;
}

}  // namespace

Returns::Returns(Context& context, Messages& messages, Attempts& attempts)
    : context_(context),
      messages_(messages),
      attempts_(attempts),
      repeats_(times_of(context.config.timers.return_repeats)),
      key_(draw_key(context.rng)),
      handed_over_(context.config.timers.two_msl, context.config.limits.remembered_offers) {}

Result<wire::MigrationId, MoveRefusal> Returns::start(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    auto refused = !context_.has_extensions()      ? std::optional(MoveRefusal::NotUnbound)
                   : !endpoint.is_released         ? std::optional(MoveRefusal::NotReleased)
                   : endpoint.returning != nullptr ? std::optional(MoveRefusal::AlreadyMoving)
                   : lacks_flow(record)
                       ? std::optional(MoveRefusal::NoFlowIdentifier)
                       : refusal_in_use(endpoint.connection, endpoint.conversation.get(),
                                        attempts_.queues_max(record.tuple), now);
    if (refused) {
        context_.counters.add(Counter::MoveRefused);
        prepare_for_next_time(endpoint.connection, attempts_.queues_max(record.tuple), *refused);
        return Failure{*refused};
    }
    // +1 for every attempt, also a refused one; the ID of the record stays (EP-45).
    const std::uint32_t epoch = endpoint.id.epoch + ++endpoint.returns_tried;
    endpoint.returning = std::make_unique<Attempt>(attempts_.make(
        record.tuple, endpoint.home,
        snapshot_in_use(endpoint.connection, *endpoint.conversation, epoch, now), now));
    context_.counters.add(Counter::ReturnStarted);
    const wire::MigrationId id = endpoint.returning->id;
    attempts_.begin(slot, now);
    return id;
}

bool Returns::lacks_flow(const Record& record) const {
    return context_.moves_as_blob(record.tuple) && !context_.blobs->identifiers().has_room();
}

void Returns::offer_again(Slot slot, Instant now) {
    Attempt& returning = *context_.tables.at(slot).as<ForwardConnectEndpoint>()->returning;
    returning.clock = now;
    attempts_.offer_again(returning, now);
}

bool Returns::take_back(Slot slot, wire::FlowId flow, bool is_error) {
    auto* endpoint = context_.tables.at(slot).as<ForwardConnectEndpoint>();
    const bool is_its = endpoint != nullptr && endpoint->returning && endpoint->returning->flow &&
                        endpoint->returning->flow->id() == flow;
    if (!is_its || endpoint->returning->times_sent > (is_error ? 1U : 0U)) return false;
    --endpoint->returns_tried;  // EP-45: the next one is the first that the home hears of
    return true;
}

void Returns::hold(Slot slot, Packet packet) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
}

bool Returns::is_about(const Record& record, farm::ServerId from,
                       const wire::MigrationId& id) const {
    const auto* endpoint = record.as<ForwardConnectEndpoint>();
    return endpoint != nullptr && endpoint->returning && endpoint->home == from &&
           (endpoint->returning->id == id || is_mutant(Mutant::TakesAnyRefusal));
}

bool Returns::is_implied_by(const Record& record, const Offer& offer) const {
    const auto* endpoint = record.as<ForwardConnectEndpoint>();
    if (is_mutant(Mutant::OverlooksHigherEpoch)) return false;
    if (endpoint == nullptr || !endpoint->returning || endpoint->home != offer.from) return false;
    const wire::MigrationId& pending = endpoint->returning->id;
    return offer.id.initial_send_sequence == pending.initial_send_sequence &&
           SequenceNumber(offer.id.epoch).after(SequenceNumber(pending.epoch));
}

void Returns::hand_over(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    const wire::ConnectionTuple tuple = record.tuple;
    const farm::ServerId home = endpoint.home;
    std::vector<Packet> held = endpoint.held.take_all();
    const auto flow = endpoint.flow ? std::optional(endpoint.flow->id()) : std::nullopt;
    context_.tables.erase(slot);
    handed_over_.remember(key_of(tuple), now);
    context_.counters.add(Counter::ReturnDone);
    for (Packet& packet : held) {
        ForwardedPackets::Received received{home, tuple, std::move(packet), false, flow};
        send_back(received, now);
    }
}

std::vector<Packet> Returns::resume(Slot slot) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    endpoint.returning.reset();
    return endpoint.held.take_all();
}

Instant Returns::deadline(const ForwardConnectEndpoint& endpoint) const {
    const auto& timers = context_.config.timers;
    const Instant end = endpoint.returning->started + timers.return_life;
    if (endpoint.returning->flow) {
        return std::min(end, endpoint.returning->clock + timers.blob_answer);
    }
    return *earlier(
        end, Attempts::next_repeat(*endpoint.returning, repeats_, timers.return_repeat_last));
}

bool Returns::handle_deadline(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    const auto& timers = context_.config.timers;
    if (endpoint.returning->started + timers.return_life <= now) {
        context_.counters.add(Counter::ReturnExpired);
        context_.tables.erase(slot);
        return true;
    }
    if (is_mutant(Mutant::ResumesByItself) &&
        endpoint.returning->started + timers.fall_back <= now) {
        resume(slot);
        return false;
    }
    if (!endpoint.returning->flow) {
        attempts_.repeat(slot, repeats_, timers.return_repeat_last, now);
    } else if (endpoint.returning->clock + timers.blob_answer <= now) {
        offer_again(slot, now);
    }
    return false;
}

bool Returns::send_back(ForwardedPackets::Received& received, Instant now) {
    if (!handed_over_.contains(key_of(received.tuple), now)) return false;
    if (is_mutant(Mutant::KeepsHeldOfReturned)) return true;
    context_.counters.add(Counter::ForwardReturned);
    messages_.forward(received.from, received.tuple, received.flow, std::move(received.packet),
                      now);
    return true;
}

}  // namespace shunt::migrate::endpoint
