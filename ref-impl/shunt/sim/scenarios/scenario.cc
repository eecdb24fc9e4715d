// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/scenario.hh"

#include <algorithm>

#include "shunt/sim/scenarios/channels.hh"
#include "shunt/sim/scenarios/crash_twice.hh"
#include "shunt/sim/scenarios/drain.hh"
#include "shunt/sim/scenarios/flow_faults.hh"
#include "shunt/sim/scenarios/move_faults.hh"
#include "shunt/sim/scenarios/move_in_use.hh"
#include "shunt/sim/scenarios/move_once.hh"
#include "shunt/sim/scenarios/sessions.hh"
#include "shunt/sim/scenarios/tcp_pair.hh"
#include "shunt/sim/scenarios/two_types.hh"

namespace shunt::sim {
namespace {

constexpr ScenarioSettings kOwnLinks{true, false};
constexpr ScenarioSettings kPair{false, true, true, true};
constexpr ScenarioSettings kScript{false, false, false};

constexpr Scenario kScenarios[] = {
    {"drain", "1,000 downloading connections leave their home, then the server that they went to.",
     drain, kOwnLinks},
    {"drain-faults",
     "Servers drain at any time, while links lose, repeat, stop, and servers pause, crash, "
     "restart.",
     drain_faults},
    {"flow-faults",
     "Extended set: UDP flows move from server to server, while links and servers fail.",
     flow_faults_extended},
    {"flow-faults-base",
     "Base set: UDP flows move from server to server, while links and servers fail.",
     flow_faults_base},
    {"move-once",
     "Extended set: every connection moves once, by its URL, on links that lose, repeat, reorder.",
     move_once_extended, kOwnLinks},
    {"move-once-base",
     "Base set: every connection moves once, by its URL, on links that lose, repeat, reorder.",
     move_once_base, kOwnLinks},
    {"move-faults",
     "Extended set: every connection moves once, while links stop, servers pause, crash, restart.",
     move_faults_extended},
    {"move-faults-base",
     "Base set: every connection moves once, while links stop, servers pause, crash, restart.",
     move_faults_base},
    {"move-in-use",
     "Connections move in mid-use, away, back and on over three servers; nothing is lost.",
     move_in_use, kOwnLinks},
    {"move-in-use-faults",
     "The same, while links lose, repeat, stop, and servers pause, crash, restart.",
     move_in_use_faults},
    {"move-again",
     "One connection moves 1,000 times during downloads and uploads; odd seeds lose nothing.",
     move_again, kOwnLinks},
    {"blobs", "move-in-use in a farm whose connections move as blobs.", blobs, kOwnLinks},
    {"blobs-faults", "move-in-use-faults in a farm whose connections move as blobs.", blobs_faults},
    {"blobs-again", "move-again in a farm whose connections move as blobs.", blobs_again,
     kOwnLinks},
    {"blobs-channels", "channels in a farm whose connections move as blobs.", blobs_channels},
    {"crash-twice", "A small migration, of any kind, in which servers crash at two of its steps.",
     crash_twice, kScript},
    {"blobs-crash-twice",
     "The same as blobs; at a step a server may also lose its control channels alone.",
     blobs_crash_twice, kScript},
    {"channels", "Extended set: servers lose each other for longer than EP-33 lets an owner go on.",
     channels},
    {"sessions",
     "1,000 clients with cookies ask ten times; one of four servers crashes. Even seeds lose "
     "frames.",
     sessions, kOwnLinks},
    {"two-types",
     "Responses move to a server that reads no requests, and their connections come home behind "
     "them.",
     two_types, kOwnLinks},
    {"two-types-faults",
     "The same, while links lose, repeat, stop, and servers pause, crash, restart.",
     two_types_faults},
    {"tcp-pair",
     "Two TCP engines over one link: bulk, ping-pong, both at once, under every fault of a link.",
     tcp_pair, kPair},
};

}  // namespace

std::span<const Scenario> scenarios() {
    return kScenarios;
}

const Scenario* find_scenario(std::string_view name) {
    const auto found = std::ranges::find(kScenarios, name, &Scenario::name);
    return found == std::end(kScenarios) ? nullptr : found;
}

std::optional<std::string_view> setting_without_meaning(const Scenario& scenario,
                                                        const ScenarioOptions& options) {
    const ScenarioSettings& settings = scenario.settings;
    if (options.connections && !settings.has_connections) return "connections";
    if (options.corruption && !settings.has_corruption) return "corruption";
    if (!settings.has_links) {
        if (options.loss) return "loss";
        if (options.repetition) return "repetition";
        if (options.reordering) return "reordering";
        if (options.has_offload) return "offload";
    }
    if (settings.has_pair) return std::nullopt;
    if (options.pattern) return "pattern";
    if (options.size) return "size";
    if (options.buffer) return "buffer";
    if (options.round_trip) return "rtt-us";
    if (options.rate) return "rate";
    return std::nullopt;
}

}  // namespace shunt::sim
