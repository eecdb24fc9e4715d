// SPDX-License-Identifier: Apache-2.0
// The command line of shunt-sim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shunt/app/parsed_options.hh"
#include "shunt/sim/crash/crash_point.hh"
#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::app {

struct SimOptions {
    bool wants_list = false;
    std::string scenario;
    std::uint64_t first_seed = 1;
    std::uint64_t last_seed = 1;
    /// Worlds that run at the same time, each in one thread.
    std::size_t jobs = 1;
    /// Where the result goes as JSON; "-" is standard output.
    std::optional<std::string> json_path;
    /// A file of traces that the runs are compared with, or that is written anew.
    std::optional<std::string> expected_traces;
    std::optional<std::string> updated_traces;
    /// A file of worlds that once failed (sim_seeds.hh): all of them are played, or the failing
    /// ones of this run are added to it.
    std::optional<std::string> replayed_seeds;
    std::optional<std::string> recorded_seeds;
    /// Prints the throughput table, or compares it with a file, or writes it there.
    bool wants_table = false;
    std::optional<std::string> expected_table;
    std::optional<std::string> updated_table;
    /// Says on standard error how many packets were delivered per second of processor time.
    bool wants_speed = false;
    /// Prints the frames of the connections with this client port; of the first seed alone.
    std::optional<std::uint16_t> watched_port;
    /// A script whose crashes are played, or "all"; with wants_list its steps are printed.
    std::optional<std::string> crashes;
    /// In one world, instead of each in a world of its own.
    std::vector<sim::CrashPoint> crash_points;
    /// One of so many crashes is played.
    std::size_t every = 1;
    /// Without its seed.
    sim::ScenarioOptions world;
};

using ParsedSimOptions = ParsedOptions<SimOptions>;

/// Behind the program's name. A scenario that is named there exists.
ParsedSimOptions parse_sim_options(const std::vector<std::string>& arguments);
/// The options that make a world like this again, e.g. " --connections 10 --loss 1/100".
std::string to_arguments(const sim::ScenarioOptions& world);

}  // namespace shunt::app
