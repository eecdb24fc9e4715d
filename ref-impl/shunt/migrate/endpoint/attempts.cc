// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/attempts.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/offer.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/endpoint_data.hh"
#include "shunt/wire/missing_ranges.hh"

namespace shunt::migrate::endpoint {
namespace {

using wire::EncapsulationType;

constexpr Duration kPace = Duration::milliseconds(1);

}  // namespace

Attempt Attempts::make_blob(const wire::ConnectionTuple& tuple, farm::ServerId to,
                            const tcp::Snapshot& snapshot, Instant now) {
    Attempt attempt;
    attempt.target = to;
    attempt.id = {tuple.service, tuple.service_port, snapshot.block.initial_send_sequence,
                  snapshot.block.epoch};
    attempt.flow = context_.blobs->identifiers().give(to, tuple, attempt.id);
    SHUNT_ASSERT(attempt.flow, "callers ask for room first");
    attempt.payload = context_.blobs->compile(tuple, attempt.flow->id(), snapshot);
    attempt.started = attempt.clock = now;
    return attempt;
}

Attempt Attempts::make_unbound(const wire::ConnectionTuple& tuple, farm::ServerId to,
                               const wire::ControlBlock& block, Instant now) {
    if (context_.moves_as_blob(tuple)) {
        tcp::Snapshot snapshot;
        snapshot.block = block;
        return make_blob(tuple, to, snapshot, now);
    }
    wire::ConnectionInformation information;
    information.service = tuple.service;
    information.service_port = tuple.service_port;
    information.block = block;
    Packet payload = context_.pool.take();
    information.append_to(payload);
    Attempt attempt;
    attempt.target = to;
    attempt.id = {tuple.service, tuple.service_port, block.initial_send_sequence, block.epoch};
    attempt.payload.assign(payload.bytes().begin(), payload.bytes().end());
    attempt.started = attempt.clock = now;
    return attempt;
}

Attempt Attempts::make(const wire::ConnectionTuple& tuple, farm::ServerId to,
                       tcp::Snapshot snapshot, Instant now) {
    if (context_.moves_as_blob(tuple)) return make_blob(tuple, to, snapshot, now);
    Attempt attempt = make_unbound(tuple, to, snapshot.block, now);
    attempt.queues = std::make_unique<OutgoingQueues>(std::move(snapshot));
    return attempt;
}

void Attempts::begin(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    if (record.attempt()->flow) {
        return context_.blobs->offer(*record.attempt(), is_eager(record), now);
    }
    send_offer(slot, now);
    send_queues(now);
}

/// What goes back is never: its home has to say that it has it (EP-46).
bool Attempts::is_eager(const Record& record) const {
    if (record.table() != Table::Temporary || !record.as<TemporaryEndpoint>()->attempt->flow)
        return false;
    const auto* listen = context_.config.listen_of(context_.self, record.tuple.service_port);
    return listen != nullptr && listen->is_eager;
}

void Attempts::send_offer(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    Attempt& attempt = *record.attempt();
    const bool is_repetition = attempt.times_sent++ > 0;
    if (is_mutant(Mutant::NeverRepeatsOffer) && is_repetition) return;
    messages_.send(attempt.target, record.tuple, EncapsulationType::Connection,
                   context_.pool.copy(attempt.payload), now);
    if (!attempt.queues) return;
    attempt.queues->ask_fine_state();
    senders_.push(slot);
}

std::optional<Instant> Attempts::next_repeat(const Attempt& attempt,
                                             const std::vector<Duration>& repeats,
                                             std::optional<Duration> last) {
    const std::size_t sent = attempt.times_sent;
    if (sent < repeats.size()) return attempt.clock + repeats[sent];
    if (!last) return std::nullopt;
    const Duration listed = repeats.empty() ? Duration() : repeats.back();
    return attempt.clock + listed + *last * static_cast<std::int64_t>(sent + 1 - repeats.size());
}

void Attempts::repeat(Slot slot, const std::vector<Duration>& repeats, std::optional<Duration> last,
                      Instant now) {
    Attempt& attempt = *context_.tables.at(slot).attempt();
    const auto is_due = [&] {
        const auto next = next_repeat(attempt, repeats, last);
        return next && *next <= now;
    };
    if (!is_due()) return;
    send_offer(slot, now);
    while (is_due())
        ++attempt.times_sent;
    send_queues(now);
}

void Attempts::handle_missing(const EncapsulatedFrame& frame, Instant now) {
    const auto missing = wire::MissingRanges::parse(frame.view);
    if (!missing) return context_.counters.add(missing.error());
    const auto slot = context_.tables.find(tuple_of(frame.view, missing->id()));
    Attempt* attempt = slot ? context_.tables.at(*slot).attempt() : nullptr;
    if (attempt == nullptr || attempt->target != frame.from || attempt->id != missing->id() ||
        !attempt->queues) {
        return context_.counters.add(Counter::MissingStale);
    }
    for (std::size_t i = 0; i < missing->size(); ++i) {
        auto wanted = (*missing)[i];
        if (is_mutant(Mutant::SendsAllAgain)) wanted = {wanted.queue, 0, UINT32_MAX};
        attempt->queues->ask(wanted);
    }
    senders_.push(*slot);
    send_queues(now);
}

void Attempts::send_queues(Instant now) {
    while (!is_paced(now)) {
        const auto slot = senders_.pop();
        if (!slot) return;
        // The attempt may be over, and the slot another record's.
        if (!context_.tables.contains(*slot)) continue;
        if (send_part(*slot, now)) senders_.push(*slot);
    }
}

bool Attempts::send_part(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    Attempt* attempt = record.attempt();
    if (attempt == nullptr || !attempt->queues || !attempt->queues->has_more()) return false;
    const std::size_t room = context_.link.payload_max() - wire::EndpointData::kHeadSize;
    const tcp::QueuePart part = attempt->queues->next(room);
    const std::size_t count = tcp::byte_count(part);
    Packet payload = context_.pool.take();
    wire::EndpointData::append_head_to(payload, attempt->id, part.queue, part.offset, count);
    const MutableBytes bytes = payload.append(count);
    attempt->queues->copy(part, bytes);
    if (part.queue == wire::EndpointQueue::Send && is_mutant(Mutant::BlanksSendQueue)) {
        std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    }
    sent_at_.at(sent_++ % sent_at_.size()) = now;
    context_.counters.add(Counter::DataSent);
    messages_.send(attempt->target, record.tuple, EncapsulationType::Data, std::move(payload), now);
    // The fine state, which goes with each 0x01, says nothing about who asks for more.
    attempt->is_progressing =
        attempt->is_progressing || part.queue != wire::EndpointQueue::FineState;
    if (attempt->queues->has_more()) return true;
    // Progress: all that was to be sent has left (EP-41).
    if (std::exchange(attempt->is_progressing, false)) {
        attempt->clock = now;
        attempt->times_sent = 1;
        progressed_.push(slot);
    }
    return false;
}

bool Attempts::is_paced(Instant now) const {
    if (is_mutant(Mutant::SendsQueuesAtOnce)) return false;
    return sent_ >= sent_at_.size() && now - sent_at_.at(sent_ % sent_at_.size()) < kPace;
}

std::optional<Instant> Attempts::deadline() const {
    if (senders_.empty()) return std::nullopt;
    return sent_at_.at(sent_ % sent_at_.size()) + kPace;
}

}  // namespace shunt::migrate::endpoint
