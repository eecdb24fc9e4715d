// SPDX-License-Identifier: Apache-2.0
#include "engine/selector.hh"

#include <algorithm>

namespace conform {
namespace {

bool glob_matches_whole(std::string_view pattern, std::string_view id) {
    if (pattern.empty()) return id.empty();
    if (pattern.starts_with("**")) {
        for (std::size_t taken = 0; taken <= id.size(); ++taken) {
            if (glob_matches_whole(pattern.substr(2), id.substr(taken))) return true;
        }
        return false;
    }
    if (pattern.front() == '*') {
        const std::size_t part = std::min(id.find('/'), id.size());
        for (std::size_t taken = 0; taken <= part; ++taken) {
            if (glob_matches_whole(pattern.substr(1), id.substr(taken))) return true;
        }
        return false;
    }
    if (id.empty() || pattern.front() != id.front()) return false;
    return glob_matches_whole(pattern.substr(1), id.substr(1));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view id) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [id](const std::string& pattern) { return glob_matches(pattern, id); });
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view id) {
    if (pattern.ends_with("/..")) pattern.remove_suffix(3);
    if (pattern.ends_with('/')) pattern.remove_suffix(1);
    for (std::size_t end = id.size(); end != std::string_view::npos && end > 0;
         end = id.substr(0, end).rfind('/')) {
        if (glob_matches_whole(pattern, id.substr(0, end))) return true;
    }
    return false;
}

Selection::Selection(const std::vector<std::string>& selectors) {
    for (const std::string& selector : selectors) {
        if (selector.starts_with('^')) {
            unwanted_.push_back(selector.substr(1));
        } else {
            wanted_.push_back(selector);
        }
    }
}

bool Selection::matches(std::string_view id) const {
    return (wanted_.empty() || any_matches(wanted_, id)) && !any_matches(unwanted_, id);
}

}  // namespace conform
