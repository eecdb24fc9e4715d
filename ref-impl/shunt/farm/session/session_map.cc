// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_map.hh"

#include <algorithm>
#include <tuple>

namespace shunt::farm {

SessionMap::SessionMap(std::size_t capacity, SipKey key, Counters& counters)
    : capacity_(capacity), counters_(counters), rows_(0, Hash{key}) {}

std::size_t SessionMap::Hash::operator()(const std::string& name) const {
    return siphash_2_4(key, {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

std::string SessionMap::name_of(Kind kind, ByteView id) {
    std::string name(1, static_cast<char>(kind));
    name.append(id.begin(), id.end());
    return name;
}

std::size_t& SessionMap::count_of(const std::string& name) {
    return counts_[static_cast<Kind>(name.front()) == Kind::Cookie ? 0 : 1];
}

void SessionMap::place(const std::string& name, const Place& place) {
    rows_.insert_or_assign(name, place);
    by_end_.emplace(place.until, name);
}

void SessionMap::erase(const std::string& name) {
    const auto row = rows_.find(name);
    by_end_.erase({row->second.until, name});
    --count_of(name);
    rows_.erase(row);
}

void SessionMap::learn(Kind kind, ByteView id, ServerId server, Duration life, Instant now) {
    const std::string name = name_of(kind, id);
    if (const auto known = rows_.find(name); known != rows_.end()) {
        by_end_.erase({known->second.until, name});
        return place(name, {server, now + life});
    }
    if (count_of(name) == capacity_) expire(now);
    if (count_of(name) == capacity_) return counters_.add(Counter::DropSessionFull);
    ++count_of(name);
    place(name, {server, now + life});
}

std::optional<SessionMap::Place> SessionMap::find(Kind kind, ByteView id, Instant now) const {
    const auto found = rows_.find(name_of(kind, id));
    if (found == rows_.end() || found->second.until <= now) return std::nullopt;
    return found->second;
}

void SessionMap::forget(ServerId server) {
    std::vector<std::string> gone;
    for (const auto& [name, place] : rows_) {
        if (place.server == server) gone.push_back(name);
    }
    for (const std::string& name : gone)
        erase(name);
}

void SessionMap::expire(Instant now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        const std::string name = by_end_.begin()->second;
        erase(name);
    }
}

std::vector<SessionMap::Row> SessionMap::rows(Instant now, std::size_t most) const {
    std::vector<Row> rows;
    rows.reserve(std::min(most, rows_.size()));
    for (auto at = by_end_.rbegin(); at != by_end_.rend() && rows.size() < most; ++at) {
        const auto& [until, name] = *at;
        if (until <= now) break;
        rows.push_back({static_cast<Kind>(name.front()),
                        {name.begin() + 1, name.end()},
                        rows_.at(name).server,
                        until});
    }
    std::ranges::sort(rows, [](const Row& a, const Row& b) {
        return std::tie(a.kind, a.id) < std::tie(b.kind, b.id);
    });
    return rows;
}

}  // namespace shunt::farm
