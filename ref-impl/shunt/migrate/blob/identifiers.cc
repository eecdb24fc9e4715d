// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/identifiers.hh"

#include "shunt/base/mutant.hh"
namespace shunt::migrate::blob {

wire::FlowId following(wire::FlowId id) {
    do {
        id = wire::FlowId(id.value() + 1);
    } while (!id.is_possible());
    return id;
}

void Identifiers::advance(Instant now) {
    now_ = now;
    while (!ended_.empty() && ended_.front().first <= now) {
        entries_.erase(ended_.front().second);
        ended_.pop_front();
    }
}

std::optional<Identifiers::Lease> Identifiers::give(farm::ServerId host,
                                                    const wire::ConnectionTuple& tuple,
                                                    const wire::MigrationId& attempt) {
    const auto [last, is_first] = last_.try_emplace(host, wire::FlowId());
    if (is_first) last->second = wire::FlowId(rng_.next_u32());
    if (is_first && is_mutant(Mutant::CountsFlowsFromZero)) last->second = wire::FlowId();
    Key key{host, following(last->second)};
    // There are far more numbers than places, so that this ends.
    while (entries_.contains(key) && !is_mutant(Mutant::StumblesOverLiveNumber))
        key.id = following(key.id);
    if (is_mutant(Mutant::StumblesOverLiveNumber)) entries_.erase(key);
    auto lease = place(key, {Giver::Self, tuple, attempt});
    if (lease) last->second = key.id;
    return lease;
}

std::optional<Identifiers::Lease> Identifiers::take(farm::ServerId forwarder, wire::FlowId id,
                                                    const wire::ConnectionTuple& tuple,
                                                    const wire::MigrationId& attempt) {
    return place({forwarder, id}, {Giver::Peer, tuple, attempt});
}

std::optional<Identifiers::Lease> Identifiers::place(const Key& key, const Flow& flow) {
    if (is_mutant(Mutant::SharesLiveNumbers)) entries_.erase(key);
    if (!has_room() || !entries_.try_emplace(key, flow).second) return std::nullopt;
    return Lease(*this, key);
}

std::optional<Flow> Identifiers::find(farm::ServerId peer, wire::FlowId id) const {
    const auto found = entries_.find(Key{peer, id});
    if (found == entries_.end() && is_mutant(Mutant::FindsFlowsOfAnySender)) {
        for (const auto& [key, flow] : entries_) {
            if (key.id == id) return flow;
        }
    }
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

void Identifiers::end(const Key& key) {
    const bool may_be_gone =
        is_mutant(Mutant::SharesLiveNumbers) || is_mutant(Mutant::StumblesOverLiveNumber);
    if (may_be_gone && !entries_.contains(key)) return;
    entries_.at(key).is_live = false;
    ended_.emplace_back(now_ + memory_, key);
}

}  // namespace shunt::migrate::blob
