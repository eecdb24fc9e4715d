// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/score.hh"

#include <algorithm>

namespace shunt::farm {
namespace {

/// What no real figure reaches, so that sums and products fit.
constexpr std::uint64_t kFigureMax = std::uint64_t{1} << 50;

/// 0 for nothing, half of kScoreMax at `half`, rising for ever.
std::uint64_t share_of_used(std::uint64_t used, std::uint64_t half) {
    const std::uint64_t bounded = std::min(used, kFigureMax);
    return kScoreMax * bounded / (bounded + half);
}

/// kScoreMax where nothing is unused, half of it at `half`, falling for ever.
std::uint64_t share_of_unused(std::uint64_t unused, std::uint64_t half) {
    return kScoreMax * half / (std::min(unused, kFigureMax) + half);
}

}  // namespace

std::uint32_t score(const wire::ServerLoad& load, const SelectionSettings& settings) {
    const std::uint64_t connections = share_of_used(load.connections, settings.connections_half);
    const std::uint64_t cpu = std::min<std::uint64_t>(load.cpu_per_mille, kScoreMax);
    const std::uint64_t memory =
        share_of_unused(load.unused_memory_bytes, settings.memory_half_bytes);
    const std::uint64_t bandwidth =
        share_of_unused(load.unused_bandwidth_bps, settings.bandwidth_half_bps);
    const std::uint64_t sum = settings.connections_weight * connections +
                              settings.cpu_weight * cpu + settings.memory_weight * memory +
                              settings.bandwidth_weight * bandwidth;
    const std::uint64_t weights = std::uint64_t{settings.connections_weight} + settings.cpu_weight +
                                  settings.memory_weight + settings.bandwidth_weight;
    return static_cast<std::uint32_t>(sum / weights);
}

}  // namespace shunt::farm
