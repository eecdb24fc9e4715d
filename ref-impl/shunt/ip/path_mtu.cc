// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/path_mtu.hh"

#include <algorithm>

namespace shunt::ip {

void PathMtuCache::learn(wire::Ipv4Address destination, std::uint16_t mtu, Instant now) {
    if (entries_.size() == kEntriesMax && !entries_.contains(destination)) {
        entries_.erase(std::ranges::min_element(
            entries_, {}, [](const auto& entry) { return entry.second.learned; }));
    }
    entries_.insert_or_assign(destination, Entry{mtu, now});
}

std::optional<std::uint16_t> PathMtuCache::find(wire::Ipv4Address destination, Instant now) const {
    const auto entry = entries_.find(destination);
    if (entry == entries_.end() || now - entry->second.learned >= kLifetime) return std::nullopt;
    return entry->second.mtu;
}

}  // namespace shunt::ip
