// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/transactions.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"

namespace shunt::farm {

void Transactions::begin(std::uint64_t transaction, ServerId peer, std::uint64_t channel,
                         Instant patience) {
    SHUNT_ASSERT(has_room(), "callers ask for room first");
    pending_.emplace(transaction, Pending{peer, channel, patience});
    by_patience_.emplace(patience, transaction);
}

Transactions::Position Transactions::end(Position position, TransactionOutcome::Kind kind,
                                         std::uint64_t order) {
    TransactionOutcome outcome;
    outcome.transaction = position->first;
    outcome.peer = position->second.peer;
    outcome.kind = kind;
    outcome.order = order;
    outcomes_.push_back(std::move(outcome));
    by_patience_.erase({position->second.patience, position->first});
    return pending_.erase(position);
}

bool Transactions::answer(ServerId peer, const wire::ControlFrameView& frame, std::uint64_t order) {
    const auto found = pending_.find(frame.transaction());
    if (found == pending_.end() || found->second.peer != peer) return false;
    end(found, TransactionOutcome::Kind::Answered, order);
    outcomes_.back().answer = frame.kind();
    outcomes_.back().body.assign(frame.body().begin(), frame.body().end());
    return true;
}

void Transactions::lose_channel(std::uint64_t channel, std::uint64_t order) {
    for (auto at = pending_.begin(); at != pending_.end();) {
        const bool is_lost = at->second.channel == channel;
        at = is_lost ? end(at, TransactionOutcome::Kind::ChannelLost, order) : std::next(at);
    }
}

void Transactions::handle_deadline(Instant now, std::uint64_t order) {
    while (is_due(deadline(), now))
        end(pending_.find(by_patience_.begin()->second), TransactionOutcome::Kind::TimedOut, order);
}

std::optional<Instant> Transactions::deadline() const {
    if (by_patience_.empty()) return std::nullopt;
    return by_patience_.begin()->first;
}

std::optional<TransactionOutcome> Transactions::poll() {
    if (outcomes_.empty()) return std::nullopt;
    TransactionOutcome outcome = std::move(outcomes_.front());
    outcomes_.pop_front();
    return outcome;
}

}  // namespace shunt::farm
