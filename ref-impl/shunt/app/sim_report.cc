// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_report.hh"

#include <fmt/format.h>

#include <cstdint>

#include <nlohmann/json.hpp>

#include "shunt/sim/trace_hash.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::ordered_json;

struct Sums {
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;
    std::uint64_t migrations = 0;
    std::uint64_t responses = 0;
    std::uint64_t bytes = 0;
    std::uint64_t violations = 0;
    std::string trace_hash;
};

Sums sum_up(const std::vector<sim::ScenarioResult>& results) {
    Sums sums;
    sim::TraceHash hash;
    for (const sim::ScenarioResult& result : results) {
        sums.packets += result.packets;
        sums.connections += result.connections;
        sums.migrations += result.migrations;
        sums.responses += result.responses;
        sums.bytes += result.bytes;
        sums.violations += result.violation_count;
        const std::vector<std::uint8_t> digits(result.trace_hash.begin(), result.trace_hash.end());
        hash.add(result.end, sim::SegmentId{}, sim::HostId{}, digits);
    }
    sums.trace_hash = results.size() == 1 ? results.front().trace_hash : hash.to_hex();
    return sums;
}

Json to_value(const sim::Violation& violation) {
    return {{"time_ns", violation.time.to_nanoseconds()},
            {"rule", violation.rule},
            {"text", violation.text},
            {"seed", violation.seed}};
}

Json to_value(const sim::ScenarioResult& result) {
    return {{"seed", result.seed},
            {"trace_hash", result.trace_hash},
            {"packets", result.packets},
            {"connections", result.connections},
            {"migrations", result.migrations},
            {"violation_count", result.violation_count}};
}

}  // namespace

std::string to_json(std::string_view scenario, const std::vector<sim::ScenarioResult>& results) {
    const Sums sums = sum_up(results);
    Json report;
    report["trace_hash"] = sums.trace_hash;
    report["packets"] = sums.packets;
    report["connections"] = sums.connections;
    report["migrations"] = sums.migrations;
    report["violations"] = Json::array();
    report["scenario"] = scenario;
    report["responses"] = sums.responses;
    report["bytes"] = sums.bytes;
    report["violation_count"] = sums.violations;
    report["runs"] = Json::array();
    for (const sim::ScenarioResult& result : results) {
        for (const sim::Violation& violation : result.violations)
            report["violations"].push_back(to_value(violation));
        report["runs"].push_back(to_value(result));
    }
    return report.dump(2) + "\n";
}

std::string to_text(std::string_view scenario, const std::vector<sim::ScenarioResult>& results) {
    const Sums sums = sum_up(results);
    std::string text = fmt::format(
        "{}: {} worlds, {} connections, {} migrations, {} responses, {} bytes, {} packets\n"
        "trace hash {}\n{} violations\n",
        scenario, results.size(), sums.connections, sums.migrations, sums.responses, sums.bytes,
        sums.packets, sums.trace_hash, sums.violations);
    for (const sim::ScenarioResult& result : results) {
        for (const sim::Violation& violation : result.violations)
            text += to_text(violation) + "\n";
    }
    return text;
}

std::string to_text(const sim::Violation& violation) {
    return fmt::format("seed {} at {} us: {}: {}", violation.seed,
                       violation.time.since_origin().to_microseconds(), violation.rule,
                       violation.text);
}

}  // namespace shunt::app
