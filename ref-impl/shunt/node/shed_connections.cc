// SPDX-License-Identifier: Apache-2.0
// Connections that leave by the server's own decision: all of them in a drain, some in an overload;
// each is moved to a server that state selects, or back to its home, some at once, again or
// elsewhere where that was refused (EP-43, EP-47).
#include <algorithm>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"
#include "shunt/farm/overload.hh"
#include "shunt/node/listeners.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/reject.hh"

namespace shunt::node {

using migrate::ForwardConnectEndpoint;
using migrate::ForwardEntry;
using migrate::Table;
using migrate::TemporaryEndpoint;
using wire::RejectReason;

namespace {

/// Moves that begin, and rows that are looked at, before other work has its turn.
constexpr int kMovesPerTurn = 16;
constexpr int kLooksPerTurn = 4'096;
constexpr Duration kTurnPause = Duration::milliseconds(1);

constexpr const char* kNoTarget = "no other server listens, answers and could take it";
constexpr const char* kHomeAway = "its home does not answer, or could not take it (EP-47)";
constexpr const char* kBase = "in a farm without extensions nothing moves once it is in use";
constexpr const char* kNoAnswer = "the server that was asked did not answer";

const char* describe(RejectReason reason) {
    switch (reason) {
        case RejectReason::NoListener:
            return "the server that was asked has no application that goes on with it";
        case RejectReason::Full:
            return "the server that was asked is full";
        case RejectReason::Draining:
            return "the server that was asked is draining";
        case RejectReason::UnknownEndpoint:
        case RejectReason::MalformedState:
        case RejectReason::TupleInUse:
        case RejectReason::Void:
            break;
    }
    return "the server that was asked has refused it";
}

bool is_frozen(const migrate::Record& record) {
    if (const auto* temporary = record.as<TemporaryEndpoint>()) {
        return temporary->attempt.has_value();
    }
    const auto* moved_in = record.as<ForwardConnectEndpoint>();
    return moved_in != nullptr && moved_in->returning;
}

}  // namespace

void Node::start_drain() {
    if (shedding_.is_draining()) return;
    counters_.add(Counter::DrainStarted);
    context_.is_draining = true;
    has_news_ = true;
    shedding_.begin_drain();
    turns_.next = turns_.next_walk = Instant();
}

void Node::stop_drain() {
    if (!shedding_.is_draining()) return;
    context_.is_draining = false;
    has_news_ = true;
    shedding_.end_drain();
}

/// Bound endpoints that nothing is known of yet: what is under way from here is in Temporary.
std::size_t Node::unlooked_connections() const {
    const std::size_t bound =
        tables_.size(Table::Local) + tables_.size(Table::ForwardConnect) + shedding_.departing();
    return bound - std::min(bound, shedding_.known());
}

bool Node::is_bound(Slot slot) const {
    if (!tables_.contains(slot)) return false;
    const Table table = tables_.at(slot).table();
    return table == Table::Local || table == Table::ForwardConnect;
}

std::optional<Instant> Node::shedding_deadline() const {
    const bool is_weighed = config_.overload.is_on() && channels_;
    const std::optional<Instant> weighing =
        is_weighed ? std::optional(turns_.next_weighing) : std::nullopt;
    if (!shedding_.may_begin()) return weighing;
    auto work = shedding_.next_retry();
    if (unlooked_connections() > 0) work = earlier(work, turns_.next_walk);
    if (work) work = std::max(*work, turns_.next);
    return earlier(weighing, work);
}

void Node::shed_connections(Instant now) {
    weigh_load(now);
    int looks = kLooksPerTurn;
    for (int begun = 0; begun < kMovesPerTurn && shedding_.may_begin(); ++begun) {
        auto slot = shedding_.pop_due(now);
        if (!slot) slot = next_unlooked(looks, now);
        if (!slot) break;
        send_away(*slot, now);
    }
    turns_.next = now + kTurnPause;
}

/// The next one of a walk over all rows, round and round. One that finds nothing is not repeated at
/// once, whatever was counted.
std::optional<Node::Slot> Node::next_unlooked(int& looks, Instant now) {
    if (turns_.next_walk > now || unlooked_connections() == 0) return std::nullopt;
    const std::size_t rows = tables_.rows();
    for (; looks > 0; --looks) {
        if (turns_.rows_since_found++ >= rows) {
            turns_.rows_since_found = 0;
            turns_.next_walk = now + config_.drain.retry;
            return std::nullopt;
        }
        const auto row = static_cast<Slot>(turns_.row < rows ? turns_.row : 0);
        turns_.row = row + 1;
        if (!is_bound(row) || shedding_.knows(row)) continue;
        turns_.rows_since_found = 0;
        return row;
    }
    return std::nullopt;
}

void Node::send_away(Slot slot, Instant now) {
    if (!is_bound(slot)) return shedding_.forget(slot);
    if (!channels_) return shedding_.wait(slot, kBase, now);
    const auto* moved_in = tables_.at(slot).as<ForwardConnectEndpoint>();
    const auto to = moved_in != nullptr ? home_with_room(slot, moved_in->home, now)
                                        : server_with_room(slot, now);
    if (!to) return shedding_.wait(slot, moved_in != nullptr ? kHomeAway : kNoTarget, now);
    const auto started = begin_move(slot, to->id, now);
    if (!started) return shedding_.wait(slot, started.error(), now);
    placements_.note(*to);
    shedding_.begin(slot, to->id, moved_in != nullptr);
    settle(slot, now);
}

/// In an overload nothing goes where the load would be no less, or be too much too.
bool Node::may_take(const farm::Placements::Server& server) const {
    if (shedding_.is_draining()) return true;
    const wire::ServerLoad expected = placements_.expected(server);
    return farm::has_room_for_one(expected, config_.overload) &&
           farm::is_less(expected, own_load(), config_.selection);
}

/// By state alone: what the first request was of is over (EP-43).
std::optional<farm::Placements::Server> Node::server_with_room(Slot slot, Instant now) const {
    const std::uint16_t port = tables_.at(slot).tuple.service_port;
    std::vector<farm::Placements::Server> servers;
    for (const farm::Candidate& candidate : servers_listening_on(
             port, wire::TransportProtocol::Tcp, config_, self_.id, channels_, now)) {
        const bool is_other = candidate.id != self_.id;
        if (!is_other || shedding_.was_refused_by(slot, candidate.id)) continue;
        const auto* state = channels_->candidate_state(candidate.id, now);
        const bool is_listed =
            state != nullptr && (state->listens_on(port) || is_mutant(Mutant::DrainsToAnyServer));
        if (!is_listed) continue;
        const farm::Placements::Server server{candidate.id, state->load};
        if (may_take(server)) servers.push_back(server);
    }
    return placements_.best(servers, config_.selection);
}

/// The home takes what it is home of also while it is draining itself, and selects for it again; so
/// it need not say that it listens.
std::optional<farm::Placements::Server> Node::home_with_room(Slot slot, farm::ServerId home,
                                                             Instant now) const {
    const auto* state = channels_->candidate_state(home, now);
    if (state == nullptr || shedding_.was_refused_by(slot, home)) return std::nullopt;
    const farm::Placements::Server server{home, state->load};
    return may_take(server) ? std::optional(server) : std::nullopt;
}

/// What has become of a connection that was to leave, where no frame has said it (note_answer).
void Node::follow_departure(Slot slot, Instant now) {
    if (!shedding_.knows(slot)) return;
    if (!shedding_.is_under_way(slot)) {
        if (!is_bound(slot)) shedding_.forget(slot);
        return;
    }
    if (!tables_.contains(slot)) return shedding_.forget(slot);  // lost with its home (EP-46)
    const migrate::Record& record = tables_.at(slot);
    if (is_frozen(record)) return;
    if (record.as<ForwardEntry>() != nullptr) {
        counters_.add(Counter::ShedMoved);
        return shedding_.finish(slot);
    }
    counters_.add(Counter::ShedStayed);
    shedding_.stay(slot, kNoAnswer, now);
}

/// An answer has ended an attempt to part with the connection that was in `slot`.
void Node::note_answer(Slot slot, std::optional<wire::RejectReason> refused, Instant now) {
    if (!shedding_.is_under_way(slot)) return;
    // A return that is answered leaves no record, or that of a new offer of the home's (EP-46).
    const auto* moved_in =
        tables_.contains(slot) ? tables_.at(slot).as<ForwardConnectEndpoint>() : nullptr;
    const bool is_handed_over =
        !tables_.contains(slot) || (moved_in != nullptr && !moved_in->is_released);
    if (!refused && is_handed_over) {
        counters_.add(Counter::ShedMoved);
        return shedding_.finish(slot);
    }
    const bool is_back = is_bound(slot) && !is_frozen(tables_.at(slot));
    if (!refused || !is_back) return;
    counters_.add(Counter::ShedStayed);
    shedding_.stay(slot, describe(*refused), now);
}

/// An overload has to last before anything moves, and to be seen again before more does: figures
/// are older than what has left since.
void Node::weigh_load(Instant now) {
    if (!config_.overload.is_on() || !channels_ || turns_.next_weighing > now) return;
    turns_.next_weighing = now + farm::kStatePeriod;
    if (shedding_.is_draining()) return;
    const wire::ServerLoad load = own_load();
    if (shedding_.is_relieving()) {
        const bool is_tried = shedding_.under_way() == 0 && unlooked_connections() == 0;
        shedding_.limit_relief(is_tried ? 0 : farm::excess_connections(load, config_.overload));
        turns_.overloaded_since.reset();
        return;
    }
    if (!farm::is_overloaded(load, config_.overload)) return turns_.overloaded_since.reset();
    if (!turns_.overloaded_since) turns_.overloaded_since = now;
    if (now - *turns_.overloaded_since < config_.overload.after) return;
    const std::uint32_t excess = farm::excess_connections(load, config_.overload);
    if (excess == 0) return;  // the processor is busy with something else
    counters_.add(Counter::OverloadRelieved);
    shedding_.begin_relief(excess);
    turns_.next_walk = now;
}

}  // namespace shunt::node
