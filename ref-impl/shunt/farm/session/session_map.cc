// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_map.hh"

#include <algorithm>

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

void SessionMap::learn(Kind kind, ByteView id, ServerId server, Duration life, Instant now) {
    std::string name = name_of(kind, id);
    const auto known = rows_.find(name);
    if (known != rows_.end()) {
        known->second = {server, now + life};
        return;
    }
    if (rows_.size() == capacity_) expire(now);
    if (rows_.size() == capacity_) return counters_.add(Counter::DropSessionFull);
    rows_.emplace(std::move(name), Place{server, now + life});
}

std::optional<ServerId> SessionMap::find(Kind kind, ByteView id, Instant now) const {
    const auto found = rows_.find(name_of(kind, id));
    if (found == rows_.end() || found->second.until <= now) return std::nullopt;
    return found->second.server;
}

void SessionMap::forget(ServerId server) {
    absl::erase_if(rows_, [server](const auto& row) { return row.second.server == server; });
}

void SessionMap::expire(Instant now) {
    absl::erase_if(rows_, [now](const auto& row) { return row.second.until <= now; });
}

std::vector<SessionMap::Row> SessionMap::rows(Instant now) const {
    std::vector<Row> rows;
    for (const auto& [name, place] : rows_) {
        if (place.until <= now) continue;
        rows.push_back(
            {static_cast<Kind>(name.front()), name.substr(1), place.server, place.until});
    }
    std::ranges::sort(rows, [](const Row& a, const Row& b) {
        return std::tie(a.kind, a.id) < std::tie(b.kind, b.id);
    });
    return rows;
}

}  // namespace shunt::farm
