// SPDX-License-Identifier: Apache-2.0
// shunt-sim: plays scenarios in virtual time and says whether a rule was broken.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "shunt/app/frame_printer.hh"
#include "shunt/app/sim_options.hh"
#include "shunt/app/sim_report.hh"
#include "shunt/app/sim_runner.hh"
#include "shunt/app/sim_traces.hh"

namespace shunt::app {
namespace {

// docs/interfaces.md, exit codes.
constexpr int kOk = 0;
constexpr int kViolation = 1;
constexpr int kUsage = 2;
constexpr int kTrouble = 3;

int complain(int code, const std::string& text) {
    fmt::print(stderr, "shunt-sim: {}\n", text);
    return code;
}

int print_list() {
    for (const sim::Scenario& scenario : sim::scenarios())
        fmt::print("{:<16} {}\n", scenario.name, scenario.sentence);
    return kOk;
}

Result<std::string, std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Failure{fmt::format("{}: cannot be read", path)};
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool write_file(const std::string& path, const std::string& text) {
    if (path == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    std::ofstream file(path, std::ios::binary);
    file << text;
    return static_cast<bool>(file.flush());
}

// One line that shows the violation again, as soon as its world is over.
void print_failing_seed(const SimOptions& options, const sim::ScenarioResult& result) {
    fmt::print(stderr, "{} violations: shunt-sim --scenario {} --seed {}{}\n",
               result.violation_count, options.scenario, result.seed, to_arguments(options.world));
}

int watch(const sim::Scenario& scenario, const SimOptions& options) {
    FramePrinter printer(*options.watched_port, stdout);
    sim::ScenarioOptions world = options.world;
    world.seed = options.first_seed;
    world.observer = &printer;
    const sim::ScenarioResult result = scenario.run(world);
    fmt::print("{}", to_text(scenario.name, {result}));
    return result.violation_count > 0 ? kViolation : kOk;
}

int run_scenario(const SimOptions& options) {
    const sim::Scenario* scenario = sim::find_scenario(options.scenario);
    if (scenario == nullptr)
        return complain(kUsage,
                        fmt::format("there is no scenario {}: see --list", options.scenario));
    if (options.watched_port) return watch(*scenario, options);
    const SimSeeds seeds{options.first_seed, options.last_seed, options.jobs};
    const bool has_terminal = ::isatty(STDERR_FILENO) == 1;
    bool is_clean = true;
    const auto progress = [&](const sim::ScenarioResult& result, std::uint64_t done) {
        if (has_terminal) fmt::print(stderr, "\r\033[K");
        if (result.violation_count > 0) {
            is_clean = false;
            print_failing_seed(options, result);
        }
        if (has_terminal && done < seeds.count())
            fmt::print(stderr, "{} of {} worlds", done, seeds.count());
    };
    const auto results = run_seeds(*scenario, options.world, seeds, progress);
    if (options.json_path != "-") fmt::print("{}", to_text(scenario->name, results));
    if (options.json_path && !write_file(*options.json_path, to_json(scenario->name, results)))
        return complain(kTrouble, fmt::format("{}: cannot be written", *options.json_path));
    return is_clean ? kOk : kViolation;
}

int compare_traces(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return complain(kUsage, text.error());
    const auto traces = parse_traces(*text);
    if (!traces) return complain(kUsage, fmt::format("{}: {}", path, traces.error()));
    int code = kOk;
    for (const ExpectedTrace& trace : *traces) {
        const auto hash = run_trace(trace);
        if (!hash) return complain(kUsage, fmt::format("{}: {}", path, hash.error()));
        if (*hash == trace.hash) continue;
        fmt::print("{} {} {}: expected {}, got {}\n", trace.scenario, trace.connections, trace.seed,
                   trace.hash, *hash);
        code = kViolation;
    }
    if (code == kOk) fmt::print("{} traces are as expected\n", traces->size());
    return code;
}

int update_traces(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return complain(kUsage, text.error());
    auto traces = parse_traces(*text);
    if (!traces) return complain(kUsage, fmt::format("{}: {}", path, traces.error()));
    for (ExpectedTrace& trace : *traces) {
        const auto hash = run_trace(trace);
        if (!hash) return complain(kUsage, fmt::format("{}: {}", path, hash.error()));
        trace.hash = *hash;
    }
    if (!write_file(path, with_hashes(*text, *traces)))
        return complain(kTrouble, fmt::format("{}: cannot be written", path));
    return kOk;
}

int run(const std::vector<std::string>& arguments) {
    const auto options = parse_sim_options(arguments);
    if (!options) return complain(kUsage, options.error());
    if (options->wants_help) {
        fmt::print("{}", sim_usage());
        return kOk;
    }
    if (options->wants_list) return print_list();
    if (options->expected_traces) return compare_traces(*options->expected_traces);
    if (options->updated_traces) return update_traces(*options->updated_traces);
    return run_scenario(*options);
}

}  // namespace
}  // namespace shunt::app

int main(int count, char** values) {
    return shunt::app::run({values + 1, values + count});
}
