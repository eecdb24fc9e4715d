// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/crash_twice.hh"

#include <span>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/sim/crash/enumeration.hh"

namespace shunt::sim {

namespace {

// Of the endpoint profile alone, so that its seeds go on to mean what they did.
std::vector<const Script*> scripts_of(bool has_blobs) {
    std::vector<const Script*> found;
    for (const Script& script : scripts())
        if (script.has_blobs() == has_blobs) found.push_back(&script);
    return found;
}

ScenarioResult play_twice(const ScenarioOptions& options, bool has_blobs,
                          std::span<const Comeback> comebacks) {
    Rng rng(options.seed);
    const std::vector<const Script*> of = scripts_of(has_blobs);
    const Script& script = *of[static_cast<std::size_t>(rng.below(of.size()))];
    const std::vector<Step> steps = steps_of(script);
    ScenarioResult result;
    result.seed = options.seed;
    if (steps.empty()) {
        result.violation_count = 1;
        result.violations.push_back({{}, "script", std::string(script.name), options.seed});
        return result;
    }
    CrashOrders orders = orders_for(steps, draw_two_crashes(steps, comebacks, rng));
    orders.observer = options.observer;
    // What chance decides within the world is not this draw's.
    orders.seed = rng.next_u64();
    CrashResult played = play(script, orders);
    for (Violation& violation : played.violations)
        violation.seed = options.seed;
    result.trace_hash = played.trace_hash;
    result.packets = played.packets;
    result.connections = played.end == CrashEnd::Served ? 1 : 0;
    result.end = played.finished;
    result.violation_count = played.violation_count;
    result.violations = std::move(played.violations);
    return result;
}

}  // namespace

ScenarioResult crash_twice(const ScenarioOptions& options) {
    return play_twice(options, false, kComebacks);
}

ScenarioResult blobs_crash_twice(const ScenarioOptions& options) {
    return play_twice(options, true, kAllComebacks);
}

}  // namespace shunt::sim
