// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/homecomings.hh"

#include <algorithm>
#include <memory>
#include <utility>

#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;
using wire::RejectReason;

namespace {

/// EP-45: 1 + the higher of the record's and of the last refused one.
std::uint32_t next_epoch(const ForwardEntry& entry) {
    const bool is_remembered = entry.refused && !is_mutant(Mutant::ForgetsRefusedReturn);
    return 1 + (is_remembered ? entry.refused->epoch : entry.id.epoch);
}

bool was_refused(const ForwardEntry& entry, std::uint32_t epoch) {
    if (!entry.refused) return false;
    const SequenceNumber asked(epoch);
    return asked.after(SequenceNumber(entry.id.epoch)) &&
           !asked.after(SequenceNumber(entry.refused->epoch));
}

/// The same connection, not another one on the tuple.
bool is_same_connection(const ForwardEntry& entry, const Offer& offer) {
    return offer.id.initial_send_sequence == entry.id.initial_send_sequence &&
           offer.block.initial_receive_sequence + 1 == entry.first_client_byte;
}

RejectReason reason_of(tcp::ImportError error) {
    return error == tcp::ImportError::NoRoom ? RejectReason::Full : RejectReason::MalformedState;
}

/// A defect: the last byte that is still to be sent does not come along (EP-48).
void cut_short(tcp::Snapshot& snapshot) {
    if (snapshot.send.empty()) return;
    snapshot.send.pop_back();
    --snapshot.block.send_queue;
}

}  // namespace

Homecomings::Homecomings(Context& context, Messages& messages, Imports& imports,
                         const tcp::Config& tcp_config)
    : context_(context),
      messages_(messages),
      imports_(imports),
      tcp_config_(tcp_config),
      key_(draw_key(context.rng)),
      former_owners_(context.config.timers.two_msl, context.config.limits.remembered_offers) {}

ForwardEntry* Homecomings::record_of_owner(const wire::ConnectionTuple& tuple,
                                           farm::ServerId from) {
    const auto slot = context_.tables.find(tuple);
    auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    const bool is_owners = entry != nullptr && !entry->is_over && entry->owner == from;
    return is_owners ? entry : nullptr;
}

std::optional<Slot> Homecomings::handle_offer(const Offer& offer, Instant now) {
    const ForwardEntry* entry = record_of_owner(offer.tuple, offer.from);
    if (entry != nullptr && is_same_connection(*entry, offer)) {
        if (was_refused(*entry, offer.id.epoch) && !is_mutant(Mutant::ForgetsRefusedReturn)) {
            context_.counters.add(Counter::OfferRepeated);
            messages_.reject(offer.from, offer.tuple, offer.id, offer.flow, entry->refused->reason,
                             now);
            return std::nullopt;
        }
        if (offer.id.epoch == next_epoch(*entry) || is_mutant(Mutant::TakesAnyReturn)) {
            return handle_next(offer, now);
        }
    }
    answer_other(offer, now);
    return std::nullopt;
}

/// The last accepted one, whose 0x03 was lost, or one that must not act.
void Homecomings::answer_other(const Offer& offer, Instant now) {
    const auto accepted = accepted_.find(offer.tuple.hash(key_));
    if (accepted != accepted_.end() && accepted->second.id == offer.id &&
        accepted->second.from == offer.from && accepted->second.until > now &&
        !is_mutant(Mutant::ForgetsAcceptedReturn)) {
        context_.counters.add(Counter::OfferRepeated);
        return messages_.send_copy(EncapsulationType::Acknowledgement, offer.from, offer.tuple,
                                   {offer.id, accepted->second.copy}, now);
    }
    context_.counters.add(Counter::OfferStale);
    messages_.reject(offer.from, offer.tuple, offer.id, offer.flow, RejectReason::UnknownEndpoint,
                     now);
}

std::optional<Slot> Homecomings::handle_next(const Offer& offer, Instant now) {
    if (Import* import = imports_.find(offer.tuple)) {
        if (import->offer.id == offer.id) {
            context_.counters.add(Counter::OfferRepeated);
            imports_.ask_missing(*import, now);
            return std::nullopt;
        }
        imports_.end(offer.tuple);  // of an attempt that is over
    }
    if (context_.config.listen_of(context_.self, offer.tuple.service_port) == nullptr) {
        return refuse(offer, RejectReason::NoListener, now);
    }
    if (const auto error = tcp::Connection::check_block(tcp_config_, offer.block)) {
        return refuse(offer, reason_of(*error), now);
    }
    if (!context_.tables.has_room(Table::Local)) return refuse(offer, RejectReason::Full, now);
    if (offer.whole != nullptr) return finish(offer, *offer.whole, now);
    if (!offer.block.validate()->announces_queues()) {
        tcp::Snapshot snapshot;
        snapshot.block = offer.block;
        return finish(offer, snapshot, now);
    }
    if (imports_.begin(offer, Table::Local, now) == nullptr) {
        return refuse(offer, RejectReason::Full, now);
    }
    std::optional<Slot> changed;
    for (const Imports::EarlyData& data : imports_.take_early(offer)) {
        Import* import = imports_.find(offer.tuple);
        if (import == nullptr) break;  // it was complete, or refused
        if (auto made = take_part(*import, data.queue, data.offset, data.bytes, now))
            changed = made;
    }
    return changed;
}

std::optional<Slot> Homecomings::handle_data(const EncapsulatedFrame& frame,
                                             const wire::EndpointData& data, Instant now) {
    const wire::ConnectionTuple tuple = tuple_of(frame.view, data.id);
    Import* import = imports_.find(tuple);
    if (import != nullptr && import->offer.from == frame.from &&
        (import->offer.id == data.id || is_mutant(Mutant::MixesAttempts))) {
        return take_part(*import, data.queue, data.offset, data.bytes, now);
    }
    if (record_of_owner(tuple, frame.from) != nullptr) {
        imports_.keep_early(frame, data, now);
    } else {
        context_.counters.add(Counter::DataRepeated);
    }
    return std::nullopt;
}

std::optional<Slot> Homecomings::take_part(Import& import, wire::EndpointQueue queue,
                                           std::uint32_t offset, ByteView bytes, Instant now) {
    if (import.assembly.add(queue, offset, bytes)) {
        return refuse(Offer(import.offer), RejectReason::MalformedState, now);
    }
    if (!import.assembly.is_complete()) return std::nullopt;
    const Offer offer = import.offer;
    tcp::Snapshot snapshot = import.assembly.take();
    if (is_mutant(Mutant::LosesByteOfReturn)) cut_short(snapshot);
    imports_.end(offer.tuple);
    return finish(offer, snapshot, now);
}

std::optional<Slot> Homecomings::finish(const Offer& offer, const tcp::Snapshot& snapshot,
                                        Instant now) {
    // While it came in, the record may have gone.
    const ForwardEntry* entry = record_of_owner(offer.tuple, offer.from);
    const bool is_next = entry != nullptr && (next_epoch(*entry) == offer.id.epoch ||
                                              is_mutant(Mutant::TakesAnyReturn));
    if (!is_next) {
        answer_other(offer, now);
        return std::nullopt;
    }
    auto conversation = context_.applications.resume(offer.tuple.service_port, snapshot.context);
    if (!conversation) return refuse(offer, RejectReason::NoListener, now);
    auto connection =
        tcp::Connection::import_snapshot(tcp_config_, offer.identity(), snapshot, now);
    if (!connection) return refuse(offer, reason_of(connection.error()), now);
    // BL-10: known for 2MSL from now on; there is nothing that it would have to stand for.
    const bool is_new_flow = !offer.flow || context_.blobs->identifiers().take(
                                                offer.from, *offer.flow, offer.tuple, offer.id);
    if (!is_new_flow) return refuse(offer, RejectReason::TupleInUse, now);
    const Slot slot = *context_.tables.find(offer.tuple);
    const std::uint32_t epoch =
        is_mutant(Mutant::ForgetsReturnedEpoch) ? entry->id.epoch : offer.id.epoch;
    context_.tables.change(slot,
                           LocalEndpoint{std::move(*connection), std::move(conversation), epoch});
    remember_owner(offer.tuple, offer.from, now);
    const std::uint32_t copy = offer.flow ? offer.flow->value() : context_.rng.next_u32();
    remember_accepted(offer, copy, now);
    context_.counters.add(Counter::ReturnAccepted);
    messages_.send_copy(EncapsulationType::Acknowledgement, offer.from, offer.tuple,
                        {offer.id, copy}, now);
    return slot;
}

/// The owner goes on, and no repetition of this attempt is ever accepted: it acts since.
std::optional<Slot> Homecomings::refuse(const Offer& offer, RejectReason reason, Instant now) {
    imports_.end(offer.tuple);
    context_.counters.add(Counter::ReturnRefused);
    if (ForwardEntry* entry = record_of_owner(offer.tuple, offer.from)) {
        entry->refused = RefusedReturn{offer.id.epoch, reason};
    }
    messages_.reject(offer.from, offer.tuple, offer.id, offer.flow, reason, now);
    return std::nullopt;
}

void Homecomings::remember_accepted(const Offer& offer, std::uint32_t copy, Instant now) {
    while (!accepted_order_.empty() &&
           (accepted_order_.front().second <= now ||
            accepted_order_.size() >= context_.config.limits.remembered_offers)) {
        const auto [key, until] = accepted_order_.front();
        accepted_order_.pop_front();
        const auto found = accepted_.find(key);
        // A later one of the same connection has an entry of its own.
        if (found != accepted_.end() && found->second.until <= until) accepted_.erase(found);
    }
    const std::uint64_t key = offer.tuple.hash(key_);
    const Instant until = now + context_.config.timers.return_life;
    accepted_[key] = {offer.id, offer.from, copy, until};
    accepted_order_.emplace_back(key, until);
}

std::uint64_t Homecomings::key_of(const wire::ConnectionTuple& tuple, farm::ServerId server) const {
    return tuple.hash({key_.low ^ server, key_.high});
}

void Homecomings::remember_owner(const wire::ConnectionTuple& tuple, farm::ServerId owner,
                                 Instant now) {
    former_owners_.remember(key_of(tuple, owner), now);
}

bool Homecomings::is_former_owner(const wire::ConnectionTuple& tuple, farm::ServerId server,
                                  Instant now) {
    return former_owners_.contains(key_of(tuple, server), now);
}

}  // namespace shunt::migrate::endpoint
