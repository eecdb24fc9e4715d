// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/crash_twice.hh"

#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/sim/crash/enumeration.hh"

namespace shunt::sim {

ScenarioResult crash_twice(const ScenarioOptions& options) {
    Rng rng(options.seed);
    const Script& script = scripts()[static_cast<std::size_t>(rng.below(scripts().size()))];
    const std::vector<Step> steps = steps_of(script);
    ScenarioResult result;
    result.seed = options.seed;
    if (steps.empty()) {
        result.violation_count = 1;
        result.violations.push_back({{}, "script", std::string(script.name), options.seed});
        return result;
    }
    CrashOrders orders = orders_for(steps, draw_two_crashes(steps, rng));
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

}  // namespace shunt::sim
