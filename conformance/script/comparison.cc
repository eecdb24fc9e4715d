// SPDX-License-Identifier: Apache-2.0
#include "script/comparison.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "script/segment_reader.hh"

namespace conform {
namespace {

constexpr std::size_t kMissingCost = 3;
constexpr std::size_t kHeadCost = 4;

std::size_t cost_of(const std::vector<std::string>& fields) {
    const bool has_head = std::find(fields.begin(), fields.end(), "head") != fields.end();
    return fields.size() + (has_head ? kHeadCost : 0);
}

/// The alignment that leaves the least unlike (an edit distance with weights).
std::vector<EventPair> align(const std::vector<Event>& first, const std::vector<Event>& second) {
    const std::size_t rows = first.size();
    const std::size_t columns = second.size();
    std::vector<std::vector<std::size_t>> cost(rows + 1, std::vector<std::size_t>(columns + 1));
    for (std::size_t i = rows + 1; i-- > 0;) {
        for (std::size_t j = columns + 1; j-- > 0;) {
            if (i == rows || j == columns) {
                cost[i][j] = kMissingCost * (rows - i + columns - j);
                continue;
            }
            const std::size_t paired =
                cost[i + 1][j + 1] + cost_of(differing_fields(first[i], second[j]));
            cost[i][j] =
                std::min({paired, cost[i + 1][j] + kMissingCost, cost[i][j + 1] + kMissingCost});
        }
    }
    std::vector<EventPair> pairs;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns) {
            std::vector<std::string> fields = differing_fields(first[i], second[j]);
            if (cost[i][j] == cost[i + 1][j + 1] + cost_of(fields)) {
                pairs.push_back({first[i++], second[j++], std::move(fields)});
                continue;
            }
        }
        const bool is_first = i < rows && cost[i][j] == cost[i + 1][j] + kMissingCost;
        pairs.push_back(is_first ? EventPair{first[i], std::nullopt, {"missing"}}
                                 : EventPair{std::nullopt, second[j], {"missing"}});
        ++(is_first ? i : j);
    }
    return pairs;
}

/// What a signature says of an event: nothing that a page does not call comparable.
std::string signature_of(const std::optional<Event>& event,
                         const std::vector<std::string>& fields) {
    if (!event) return "nothing";
    const bool is_missing = fields == std::vector<std::string>{"missing"};
    const auto has = [&fields](const char* name) {
        return std::find(fields.begin(), fields.end(), name) != fields.end();
    };
    std::string text = event->head;
    for (const std::string& name : event_fields()) {
        const auto found = event->fields.find(name);
        if (found == event->fields.end()) continue;
        const bool is_shown =
            is_missing ? name != "win" && name != "push" && name != "ecr" : has(name.c_str());
        if (is_shown) text += " " + name + " " + found->second;
    }
    if (has("after")) {
        const std::int64_t after = milliseconds_of(event->after);
        text += is_same_time(event->after, Duration::zero()) ? std::string(" at once")
                                                             : fmt::format(" after {}", after);
    }
    return text;
}

bool is_met(const Expectation& expectation, const Event& event) {
    if (expectation.head != event.head) return false;
    for (const auto& [name, value] : expectation.fields) {
        if (name == "after") {
            const Duration wanted = std::chrono::milliseconds(std::atoll(value.c_str()));
            if (!is_same_time(event.after, wanted)) return false;
            continue;
        }
        const auto found = event.fields.find(name);
        const std::string actual = found == event.fields.end() ? "none" : found->second;
        const bool is_open = name == "win" && value == "open" && actual != "0" && actual != "none";
        if (actual != value && !is_open) return false;
    }
    return true;
}

std::string to_string(const Expectation& expectation) {
    std::string text = expectation.head;
    for (const std::string& name : event_fields()) {
        const auto found = expectation.fields.find(name);
        if (found != expectation.fields.end()) text += " " + name + " " + found->second;
    }
    return text;
}

/// A call that returned normally needs no expectation.
std::vector<Event> events_to_meet(const Step& step, const std::vector<Event>& events) {
    const std::string& head = step.expectations.front().head;
    const bool is_of_call = head == "ok" || head.starts_with('E');
    std::vector<Event> left;
    for (const Event& event : events)
        if (is_of_call || !event.is_of_call || event.head != "ok") left.push_back(event);
    return left;
}

}  // namespace

std::vector<StepDifference> compare(const Script& script, const Transcript& first,
                                    const Transcript& second) {
    std::vector<StepDifference> differences;
    for (std::size_t at = 0; at < script.steps.size(); ++at) {
        StepDifference difference{script.steps[at].line,
                                  script.steps[at].text,
                                  align(first.steps[at], second.steps[at]),
                                  {}};
        for (const EventPair& pair : difference.pairs) {
            if (pair.fields.empty()) continue;
            difference.signatures.push_back(fmt::format(
                "{} @ {}: {} | {}", script.name, difference.step,
                signature_of(pair.first, pair.fields), signature_of(pair.second, pair.fields)));
        }
        if (!difference.signatures.empty()) differences.push_back(std::move(difference));
    }
    return differences;
}

std::vector<std::string> unmet_expectations(const Script& script, const Transcript& transcript) {
    std::vector<std::string> complaints;
    for (std::size_t at = 0; at < script.steps.size(); ++at) {
        const Step& step = script.steps[at];
        if (step.expectations.empty()) continue;
        const std::vector<Event> events = events_to_meet(step, transcript.steps[at]);
        const bool is_nothing = step.expectations.front().head == kNothing;
        const std::size_t wanted = is_nothing ? 0 : step.expectations.size();
        for (std::size_t each = 0; each < std::max(wanted, events.size()); ++each) {
            const bool is_wanted = each < wanted;
            const bool is_there = each < events.size();
            if (is_wanted && is_there && is_met(step.expectations[each], events[each])) continue;
            complaints.push_back(
                fmt::format("{}:{}: expected {}, got {}", script.file,
                            is_wanted ? step.expectations[each].line : step.line,
                            is_wanted ? to_string(step.expectations[each]) : "nothing more",
                            is_there ? events[each].to_string() : "nothing"));
            break;
        }
    }
    return complaints;
}

}  // namespace conform
