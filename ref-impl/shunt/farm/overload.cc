// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/overload.hh"

#include <algorithm>

namespace shunt::farm {
namespace {

/// Where a figure has come down far enough; 1 at least, so that a server never empties itself.
std::uint64_t lower_mark(std::uint64_t mark, const OverloadSettings& settings) {
    return std::max<std::uint64_t>(1, mark - mark * settings.relief_percent / 100);
}

}  // namespace

bool is_overloaded(const wire::ServerLoad& load, const OverloadSettings& settings) {
    const bool has_too_many = settings.connections > 0 && load.connections > settings.connections;
    const bool is_too_busy =
        settings.cpu_per_mille > 0 && load.cpu_per_mille > settings.cpu_per_mille;
    return has_too_many || is_too_busy;
}

std::uint32_t excess_connections(const wire::ServerLoad& load, const OverloadSettings& settings) {
    const std::uint64_t connections = load.connections;
    std::uint64_t excess = 0;
    if (settings.connections > 0) {
        const std::uint64_t most = lower_mark(settings.connections, settings);
        if (connections > most) excess = connections - most;
    }
    if (settings.cpu_per_mille > 0) {
        const std::uint64_t most = lower_mark(settings.cpu_per_mille, settings);
        const std::uint64_t used = load.cpu_per_mille;
        if (used > most) excess = std::max(excess, connections * (used - most) / used);
    }
    return static_cast<std::uint32_t>(excess);
}

bool has_room_for_one(const wire::ServerLoad& load, const OverloadSettings& settings) {
    const bool has_place =
        settings.connections == 0 || load.connections < lower_mark(settings.connections, settings);
    const bool has_time = settings.cpu_per_mille == 0 ||
                          load.cpu_per_mille <= lower_mark(settings.cpu_per_mille, settings);
    return has_place && has_time;
}

}  // namespace shunt::farm
