// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/url_map.hh"

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"

namespace shunt::farm {

UrlMap::UrlMap(const FarmConfig& config) {
    entries_.reserve(config.urls.size());
    for (const UrlRule& rule : config.urls) {
        Entry entry{rule.prefix, {}};
        for (const std::string& name : rule.servers) {
            const Server* server = config.server_by_name(name);
            SHUNT_ASSERT(server != nullptr, "validation has refused rules with unknown servers");
            entry.servers.push_back(server->id);
        }
        entries_.push_back(std::move(entry));
    }
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        if (is_mutant(Mutant::TakesShortestPrefix)) return a.prefix.size() < b.prefix.size();
        return a.prefix.size() > b.prefix.size();
    });
}

std::span<const ServerId> UrlMap::servers_for(std::string_view target) const {
    const std::string_view path = path_of(target);
    for (const Entry& entry : entries_) {
        if (path.starts_with(entry.prefix)) return entry.servers;
    }
    return {};
}

std::string_view path_of(std::string_view target) {
    if (target.starts_with('/')) return target;
    const std::size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return target;
    const std::size_t path = target.find_first_of("/?", scheme_end + 3);
    // An empty path is "/" (RFC 9110 4.2.3); its query cannot be in a view together with that.
    if (path == std::string_view::npos || target[path] == '?') return "/";
    return target.substr(path);
}

}  // namespace shunt::farm
