// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_traces.hh"

#include <fmt/format.h>

#include <sstream>

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::app {
namespace {

bool is_comment(std::string_view line) {
    return line.empty() || line.front() == '#';
}

std::string to_line(const ExpectedTrace& trace) {
    return fmt::format("{} {} {} {}", trace.scenario, trace.connections, trace.seed, trace.hash);
}

}  // namespace

Result<std::vector<ExpectedTrace>, std::string> parse_traces(std::string_view text) {
    std::vector<ExpectedTrace> traces;
    std::istringstream lines{std::string(text)};
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (is_comment(line)) continue;
        std::istringstream words(line);
        ExpectedTrace trace;
        std::string rest;
        words >> trace.scenario >> trace.connections >> trace.seed >> trace.hash;
        if (!words || words >> rest || trace.connections == 0) {
            return Failure{fmt::format("line {}: SCENARIO CONNECTIONS SEED HASH expected", number)};
        }
        traces.push_back(trace);
    }
    return traces;
}

std::string with_hashes(std::string_view text, const std::vector<ExpectedTrace>& traces) {
    std::istringstream lines{std::string(text)};
    std::string result;
    std::string line;
    std::size_t next = 0;
    while (std::getline(lines, line))
        result += (is_comment(line) ? line : to_line(traces.at(next++))) + "\n";
    return result;
}

Result<std::string, std::string> run_trace(const ExpectedTrace& trace) {
    const sim::Scenario* scenario = sim::find_scenario(trace.scenario);
    if (scenario == nullptr)
        return Failure{fmt::format("there is no scenario {}: see --list", trace.scenario)};
    sim::ScenarioOptions options;
    options.seed = trace.seed;
    options.connections = trace.connections;
    return scenario->run(options).trace_hash;
}

}  // namespace shunt::app
