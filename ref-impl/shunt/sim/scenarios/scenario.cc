// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/scenario.hh"

#include <algorithm>

#include "shunt/sim/scenarios/move_faults.hh"
#include "shunt/sim/scenarios/move_once.hh"
#include "shunt/sim/scenarios/tcp_pair.hh"

namespace shunt::sim {
namespace {

constexpr Scenario kScenarios[] = {
    {"move-once",
     "Extended set: every connection moves once, by its URL, on links that lose, repeat, reorder.",
     move_once_extended},
    {"move-once-base",
     "Base set: every connection moves once, by its URL, on links that lose, repeat, reorder.",
     move_once_base},
    {"move-faults",
     "Extended set: every connection moves once, while links stop, servers pause, crash, restart.",
     move_faults_extended},
    {"move-faults-base",
     "Base set: every connection moves once, while links stop, servers pause, crash, restart.",
     move_faults_base},
    {"tcp-pair",
     "Two TCP engines over one link: bulk, ping-pong, both at once, under every fault of a link.",
     tcp_pair},
};

}  // namespace

std::span<const Scenario> scenarios() {
    return kScenarios;
}

const Scenario* find_scenario(std::string_view name) {
    const auto found = std::ranges::find(kScenarios, name, &Scenario::name);
    return found == std::end(kScenarios) ? nullptr : found;
}

}  // namespace shunt::sim
