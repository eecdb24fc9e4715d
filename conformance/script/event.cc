// SPDX-License-Identifier: Apache-2.0
#include "script/event.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace conform {
namespace {

// What came in the same breath as its cause, a scheduler's hiccup included.
constexpr Duration kAtOnce = std::chrono::milliseconds(15);
constexpr Duration kToleranceMin = std::chrono::milliseconds(60);

std::string window_class(const std::string& window) {
    return window.empty() || window == "0" ? window : "open";
}

std::string comparable(const std::string& name, const Event& event) {
    const auto found = event.fields.find(name);
    if (found == event.fields.end()) return {};
    return name == "win" ? window_class(found->second) : found->second;
}

}  // namespace

const std::vector<std::string>& event_fields() {
    static const std::vector<std::string> names = {
        "seq",  "ack", "win",   "len",   "urgent", "mss",   "scale",  "sack-permitted",
        "ts",   "ecr", "sack",  "ecn",   "push",   "fault", "socket", "count",
        "text", "end", "state", "error", "window", "icmp",  "after"};
    return names;
}

std::string Event::to_string() const {
    std::string text = head;
    for (const std::string& name : event_fields()) {
        const auto found = fields.find(name);
        if (found != fields.end()) text += " " + name + " " + found->second;
    }
    if (after > kAtOnce) text += fmt::format(" after {}", milliseconds_of(after));
    return text;
}

bool is_same_time(Duration one, Duration other) {
    if (one <= kAtOnce || other <= kAtOnce) return one <= kAtOnce && other <= kAtOnce;
    const Duration apart = one > other ? one - other : other - one;
    return apart <= std::max(kToleranceMin, std::max(one, other) / 3);
}

std::vector<std::string> differing_fields(const Event& one, const Event& other) {
    std::vector<std::string> names;
    if (one.head != other.head || one.is_of_call != other.is_of_call) names.emplace_back("head");
    for (const std::string& name : event_fields()) {
        if (name == "push" || name == "after") continue;
        if (comparable(name, one) != comparable(name, other)) names.push_back(name);
    }
    if (!is_same_time(one.after, other.after)) names.emplace_back("after");
    return names;
}

}  // namespace conform
