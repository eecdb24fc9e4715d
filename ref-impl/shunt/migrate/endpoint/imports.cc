// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/imports.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"
#include "shunt/wire/missing_ranges.hh"
#include "shunt/wire/sack_edges.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

Imports::Imports(Context& context, Messages& messages)
    : context_(context),
      messages_(messages),
      budget_(context.config.limits.import_bytes),
      imports_(0, TupleHash{draw_key(context.rng)}) {}

Import* Imports::find(const wire::ConnectionTuple& tuple) {
    const auto found = imports_.find(tuple);
    return found != imports_.end() ? &found->second : nullptr;
}

/// What the queues may take once bytes are there: those out of order lie anywhere in the window.
std::size_t Imports::cost_of(const wire::ControlBlock& block) {
    const bool has_ranges = block.out_of_order_ranges > 0;
    return std::size_t{block.send_queue} + block.receive_queue +
           (has_ranges ? block.receive_advertised - block.receive_next : 0) +
           block.sack_ranges * wire::kSackEdgesSize +
           (block.has(wire::BlockFlag::Context) ? kContextMax : 0);
}

Import* Imports::begin(const Offer& offer, Table table, Instant now) {
    const std::size_t cost = cost_of(offer.block);
    if (cost > budget_) return nullptr;
    budget_ -= cost;
    context_.tables.reserve(table);
    const auto [placed, is_new] = imports_.emplace(
        offer.tuple,
        Import{offer, tcp::SnapshotAssembly(offer.block, kContextMax), table, now, cost});
    SHUNT_ASSERT(is_new, "the one before it was ended");
    next_look_ = earlier(next_look_, end_of(placed->second));
    return &placed->second;
}

void Imports::end(const wire::ConnectionTuple& tuple) {
    const auto found = imports_.find(tuple);
    if (found == imports_.end()) return;
    budget_ += found->second.cost;
    context_.tables.give_back(found->second.table);
    imports_.erase(found);
}

void Imports::ask_missing(Import& import, Instant now) {
    import.last_offer = now;
    if (is_mutant(Mutant::AsksForNothing)) return;
    const auto missing = import.assembly.missing(wire::MissingRanges::kRangesMax);
    SHUNT_ASSERT(!missing.empty(), "what has all is no import any more");
    context_.counters.add(Counter::MissingSent);
    Packet payload = context_.pool.take();
    wire::MissingRanges::append_to(payload, import.offer.id, missing);
    messages_.send(import.offer.from, import.offer.tuple, EncapsulationType::Missing,
                   std::move(payload), now);
}

void Imports::keep_early(const EncapsulatedFrame& frame, const wire::EndpointData& data,
                         Instant now) {
    if (early_.size() >= context_.config.limits.early_data_frames) {
        return context_.counters.add(Counter::DropDataFull);
    }
    const Duration hold = is_mutant(Mutant::KeepsEarlyData)
                              ? Duration::seconds(10)
                              : context_.config.timers.unknown_tuple_hold;
    early_.push_back({tuple_of(frame.view, data.id),
                      frame.from,
                      data.id,
                      data.queue,
                      data.offset,
                      {data.bytes.begin(), data.bytes.end()},
                      now + hold});
}

std::vector<Imports::EarlyData> Imports::take_early(const Offer& offer) {
    std::vector<EarlyData> taken;
    std::deque<EarlyData> others;
    for (EarlyData& data : early_) {
        const bool is_its = data.tuple == offer.tuple && data.from == offer.from &&
                            (data.id == offer.id || is_mutant(Mutant::MixesAttempts));
        if (is_its) {
            taken.push_back(std::move(data));
        } else {
            others.push_back(std::move(data));
        }
    }
    early_ = std::move(others);
    return taken;
}

void Imports::drop_from(farm::ServerId server) {
    std::vector<wire::ConnectionTuple> orphans;
    for (const auto& [tuple, import] : imports_) {
        if (import.offer.from == server) orphans.push_back(tuple);
    }
    for (const wire::ConnectionTuple& tuple : orphans) {
        context_.counters.add(Counter::CopyOrphaned);
        end(tuple);
    }
}

Instant Imports::end_of(const Import& import) const {
    return import.last_offer + context_.config.timers.unreleased_life_extended;
}

std::optional<Instant> Imports::deadline() const {
    const auto first_early = early_.empty() ? std::nullopt : std::optional(early_.front().until);
    return earlier(next_look_, first_early);
}

void Imports::handle_deadline(Instant now) {
    while (!early_.empty() && early_.front().until <= now) {
        context_.counters.add(Counter::DropDataUnknown);
        early_.pop_front();
    }
    if (!is_due(next_look_, now)) return;
    next_look_.reset();
    std::vector<wire::ConnectionTuple> over;
    for (const auto& [tuple, import] : imports_) {
        if (end_of(import) <= now) {
            over.push_back(tuple);
        } else {
            next_look_ = earlier(next_look_, end_of(import));
        }
    }
    for (const wire::ConnectionTuple& tuple : over) {
        context_.counters.add(Counter::CopyExpired);
        end(tuple);
    }
}

}  // namespace shunt::migrate::endpoint
