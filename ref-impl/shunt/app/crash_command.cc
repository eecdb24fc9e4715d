// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/crash_command.hh"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <vector>

#include "shunt/app/crash_report.hh"
#include "shunt/app/crash_runner.hh"
#include "shunt/app/exit_codes.hh"
#include "shunt/app/frame_printer.hh"
#include "shunt/app/sim_report.hh"
#include "shunt/sim/crash/enumeration.hh"

namespace shunt::app {
namespace {

int complain(int code, const std::string& text) {
    fmt::print(stderr, "shunt-sim: {}\n", text);
    return code;
}

// Nothing: there is none of that name.
std::vector<const sim::Script*> find_scripts(const std::string& name) {
    std::vector<const sim::Script*> found;
    for (const sim::Script& script : sim::scripts())
        if (name == "all" || name == script.name) found.push_back(&script);
    return found;
}

int list_steps(const std::vector<const sim::Script*>& scripts) {
    for (const sim::Script* script : scripts) {
        const std::vector<sim::Step> steps = sim::steps_of(*script);
        fmt::print("{}: {} {} steps\n", script->name, script->sentence, steps.size());
        for (const sim::Step& step : steps)
            fmt::print("  {}\n", to_text(step));
    }
    return kExitOk;
}

int play_one(const sim::Script& script, const SimOptions& options) {
    std::optional<FramePrinter> printer;
    if (options.watched_port) printer.emplace(*options.watched_port, stdout);
    sim::CrashOrders orders = sim::orders_for(sim::steps_of(script), options.crash_points);
    orders.observer = printer ? &*printer : nullptr;
    const sim::CrashResult result = sim::play(script, orders);
    fmt::print("{}: {} crashes, {}, {} packets, trace hash {}\n", script.name, result.crashes,
               to_string(result.end), result.packets, result.trace_hash);
    for (const sim::Violation& violation : result.violations)
        fmt::print("{}\n", to_text(violation));
    return result.violation_count > 0 ? kExitNegative : kExitOk;
}

}  // namespace

int run_crash_command(const SimOptions& options, const WriteFile& write_file) {
    const auto scripts = find_scripts(*options.crashes);
    if (scripts.empty()) {
        std::string names = "all";
        for (const sim::Script& script : sim::scripts())
            names += ", " + std::string(script.name);
        return complain(kExitSetup, fmt::format("--crashes: one of {}", names));
    }
    if (options.wants_list) return list_steps(scripts);
    if (!options.crash_points.empty()) {
        if (scripts.size() > 1) return complain(kExitSetup, "--crash: needs --crashes SCRIPT");
        return play_one(*scripts.front(), options);
    }
    std::vector<CrashTally> tallies;
    bool is_clean = true;
    for (const sim::Script* script : scripts) {
        tallies.push_back(run_crashes(*script, {options.every, options.jobs}));
        const CrashTally& tally = tallies.back();
        is_clean = is_clean && tally.is_clean();
        if (tally.steps == 0)
            fmt::print(stderr, "{}: a rule is broken without any crash\n", tally.script);
        for (const CrashFailure& failure : tally.failures)
            fmt::print(stderr, "{}", to_text(tally.script, failure));
    }
    if (options.json_path != "-") fmt::print("{}", to_text(tallies));
    if (options.json_path && !write_file(*options.json_path, to_json(tallies)))
        return complain(kExitTrouble, fmt::format("{}: cannot be written", *options.json_path));
    return is_clean ? kExitOk : kExitNegative;
}

}  // namespace shunt::app
