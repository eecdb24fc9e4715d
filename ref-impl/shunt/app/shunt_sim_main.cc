// SPDX-License-Identifier: Apache-2.0
// shunt-sim: plays scenarios in virtual time and says whether a rule was broken.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "shunt/app/crash_command.hh"
#include "shunt/app/frame_printer.hh"
#include "shunt/app/program.hh"
#include "shunt/app/sim_options.hh"
#include "shunt/app/sim_report.hh"
#include "shunt/app/sim_runner.hh"
#include "shunt/app/sim_seeds.hh"
#include "shunt/app/sim_traces.hh"
#include "shunt/sim/pair/throughput_table.hh"

namespace shunt::app {
namespace {

int complain(int code, const std::string& text) {
    fmt::print(stderr, "shunt-sim: {}\n", text);
    return code;
}

int print_list() {
    for (const sim::Scenario& scenario : sim::scenarios())
        fmt::print("{:<16} {}\n", scenario.name, scenario.sentence);
    return kExitOk;
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

// Asked before hours are spent on what goes there. A file that is not there yet is made.
bool is_writable(const std::string& path) {
    return path == "-" || std::ofstream(path, std::ios::app).is_open();
}

// One line that shows the violation again, as soon as its world is over; kept if it is wanted.
void report_failing_seed(const SimOptions& options, const sim::ScenarioResult& result) {
    const std::string line = seed_line(options, result.seed);
    fmt::print(stderr, "{} violations: shunt-sim {}\n", result.violation_count, line);
    if (!options.recorded_seeds) return;
    const auto text = read_file(*options.recorded_seeds);
    if (!write_file(*options.recorded_seeds, with_seed(text ? *text : "", line)))
        fmt::print(stderr, "shunt-sim: {}: cannot be written\n", *options.recorded_seeds);
}

// On a terminal one line that changes; in a file a line for each tenth of many worlds.
void print_progress(std::uint64_t done, std::uint64_t count, bool has_terminal) {
    constexpr std::uint64_t kMany = 100;
    if (has_terminal) {
        if (done < count) fmt::print(stderr, "{} of {} worlds", done, count);
    } else if (count >= kMany && done * 10 / count != (done - 1) * 10 / count) {
        fmt::print(stderr, "{} of {} worlds\n", done, count);
    }
}

// Processor time, so that other programs do not count; all threads together.
void print_speed(const std::vector<sim::ScenarioResult>& results, std::clock_t began) {
    std::uint64_t packets = 0;
    for (const sim::ScenarioResult& result : results)
        packets += result.packets;
    const auto spent = static_cast<std::uint64_t>(std::clock() - began);
    const std::uint64_t per_second = packets * CLOCKS_PER_SEC / std::max<std::uint64_t>(spent, 1);
    fmt::print(stderr, "{} packets delivered per second of processor time\n", per_second);
}

int watch(const sim::Scenario& scenario, const SimOptions& options) {
    FramePrinter printer(*options.watched_port, stdout);
    sim::ScenarioOptions world = options.world;
    world.seed = options.first_seed;
    world.observer = &printer;
    const sim::ScenarioResult result = scenario.run(world);
    fmt::print("{}", to_text(scenario.name, {result}));
    return result.violation_count > 0 ? kExitNegative : kExitOk;
}

int run_scenario(const SimOptions& options) {
    const sim::Scenario* scenario = sim::find_scenario(options.scenario);
    if (options.watched_port) return watch(*scenario, options);
    for (const auto& path : {options.json_path, options.recorded_seeds}) {
        if (path && !is_writable(*path))
            return complain(kExitSetup, fmt::format("{}: cannot be written", *path));
    }
    const SimSeeds seeds{options.first_seed, options.last_seed, options.jobs};
    const bool has_terminal = ::isatty(STDERR_FILENO) == 1;
    bool is_clean = true;
    const auto progress = [&](const sim::ScenarioResult& result, std::uint64_t done) {
        if (has_terminal) fmt::print(stderr, "\r\033[K");
        if (result.violation_count > 0) {
            is_clean = false;
            report_failing_seed(options, result);
        }
        print_progress(done, seeds.count(), has_terminal);
    };
    const std::clock_t began = std::clock();
    const auto results = run_seeds(*scenario, options.world, seeds, progress);
    if (options.wants_speed) print_speed(results, began);
    if (options.json_path != "-") fmt::print("{}", to_text(scenario->name, results));
    if (options.json_path && !write_file(*options.json_path, to_json(scenario->name, results)))
        return complain(kExitTrouble, fmt::format("{}: cannot be written", *options.json_path));
    return is_clean ? kExitOk : kExitNegative;
}

int replay_seeds(const std::string& path, std::size_t jobs) {
    const auto text = read_file(path);
    if (!text) return complain(kExitSetup, text.error());
    const auto worlds = parse_seeds(*text);
    if (!worlds) return complain(kExitSetup, fmt::format("{}: {}", path, worlds.error()));
    int code = kExitOk;
    for (const SimOptions& world : *worlds) {
        const sim::Scenario& scenario = *sim::find_scenario(world.scenario);
        const SimSeeds seeds{world.first_seed, world.last_seed, jobs};
        run_seeds(scenario, world.world, seeds, [&](const sim::ScenarioResult& result, auto) {
            if (result.violation_count == 0) return;
            code = kExitNegative;
            report_failing_seed(world, result);
        });
    }
    if (code == kExitOk) fmt::print("{} worlds that once failed do not fail\n", worlds->size());
    return code;
}

int compare_traces(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return complain(kExitSetup, text.error());
    const auto traces = parse_traces(*text);
    if (!traces) return complain(kExitSetup, fmt::format("{}: {}", path, traces.error()));
    int code = kExitOk;
    for (const ExpectedTrace& trace : *traces) {
        const auto hash = run_trace(trace);
        if (!hash) return complain(kExitSetup, fmt::format("{}: {}", path, hash.error()));
        if (*hash == trace.hash) continue;
        fmt::print("{} {} {}: expected {}, got {}\n", trace.scenario, trace.connections, trace.seed,
                   trace.hash, *hash);
        code = kExitNegative;
    }
    if (code == kExitOk) fmt::print("{} traces are as expected\n", traces->size());
    return code;
}

// The first line that differs tells more than two tables.
int compare_table(const std::string& path) {
    const auto expected = read_file(path);
    if (!expected) return complain(kExitSetup, expected.error());
    std::istringstream wanted(*expected);
    std::istringstream found(sim::throughput_table());
    std::string wanted_line;
    std::string found_line;
    int code = kExitOk;
    while (std::getline(found, found_line)) {
        if (!std::getline(wanted, wanted_line)) wanted_line = "nothing";
        if (found_line == wanted_line) continue;
        fmt::print("expected {}\ngot      {}\n", wanted_line, found_line);
        code = kExitNegative;
    }
    if (std::getline(wanted, wanted_line)) code = kExitNegative;
    if (code == kExitOk) fmt::print("the table is as expected\n");
    return code;
}

int update_table(const std::string& path) {
    if (!write_file(path, sim::throughput_table()))
        return complain(kExitTrouble, fmt::format("{}: cannot be written", path));
    return kExitOk;
}

int update_traces(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return complain(kExitSetup, text.error());
    auto traces = parse_traces(*text);
    if (!traces) return complain(kExitSetup, fmt::format("{}: {}", path, traces.error()));
    for (ExpectedTrace& trace : *traces) {
        const auto hash = run_trace(trace);
        if (!hash) return complain(kExitSetup, fmt::format("{}: {}", path, hash.error()));
        trace.hash = *hash;
    }
    if (!write_file(path, with_hashes(*text, *traces)))
        return complain(kExitTrouble, fmt::format("{}: cannot be written", path));
    return kExitOk;
}

int run(const SimOptions& options) {
    if (options.crashes) return run_crash_command(options, write_file);
    if (options.wants_list) return print_list();
    if (options.expected_traces) return compare_traces(*options.expected_traces);
    if (options.updated_traces) return update_traces(*options.updated_traces);
    if (options.wants_table) return update_table("-");
    if (options.expected_table) return compare_table(*options.expected_table);
    if (options.updated_table) return update_table(*options.updated_table);
    if (options.replayed_seeds) return replay_seeds(*options.replayed_seeds, options.jobs);
    return run_scenario(options);
}

}  // namespace
}  // namespace shunt::app

int main(int count, char** values) {
    return shunt::app::run_program("shunt-sim", count, values, shunt::app::parse_sim_options,
                                   shunt::app::run);
}
