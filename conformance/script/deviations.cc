// SPDX-License-Identifier: Apache-2.0
#include "script/deviations.hh"

#include <fmt/format.h>

#include <algorithm>

#include "script/line_words.hh"

namespace conform {
namespace {

constexpr std::string_view kBlockBegins = "```differences";
constexpr std::string_view kBlockEnds = "```";

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

Deviations Deviations::read(const std::string& file, std::string_view text) {
    Deviations all;
    std::string id;
    bool is_in_block = false;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (is_in_block) {
            is_in_block = line != kBlockEnds;
            if (is_in_block && !line.empty()) {
                all.deviations_.push_back({id, std::string(line), number, false});
            }
        } else if (line == kBlockBegins) {
            if (id.empty()) {
                throw ScriptError(
                    fmt::format("{}:{}: expected a heading such as '## D-1: ..' "
                                "before the first difference",
                                file, number));
            }
            is_in_block = true;
        } else if (line.starts_with("## D-")) {
            id = std::string(line.substr(3, line.find_first_of(": ", 3) - 3));
        }
    }
    if (is_in_block) throw ScriptError(fmt::format("{}: expected the end of a block", file));
    return all;
}

std::string Deviations::explain(const std::string& signature) {
    std::string id;
    for (Deviation& each : deviations_) {
        if (!matches_pattern(each.pattern, signature)) continue;
        each.is_seen = true;
        if (id.empty()) id = each.id;
    }
    return id;
}

std::vector<Deviation> Deviations::unseen(const std::vector<std::string>& scripts) const {
    std::vector<Deviation> left;
    for (const Deviation& each : deviations_) {
        const bool is_asked =
            std::any_of(scripts.begin(), scripts.end(), [&each](const std::string& name) {
                return each.pattern.starts_with(name + " @ ") || each.pattern.starts_with('*');
            });
        if (is_asked && !each.is_seen) left.push_back(each);
    }
    return left;
}

}  // namespace conform
