// SPDX-License-Identifier: Apache-2.0
// How a server parts with connections by itself (EP-43, docs/selection.md): how many at once, and
// from what load on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::farm {

/// What a drain keeps to, and the moves of an overload too.
struct DrainSettings {
    /// Connections that are on their way at once.
    std::size_t moves_at_once = 64;
    /// One that could go nowhere is looked at again after this.
    Duration retry = Duration::seconds(1);

    bool operator==(const DrainSettings&) const = default;
};

/// From what load on connections leave a server that goes on serving.
struct OverloadSettings {
    /// More connections than this are too many; 0: no number is.
    std::uint32_t connections = 0;
    /// A higher CPU utilization than this is too high; 0: none is.
    std::uint16_t cpu_per_mille = 0;
    /// How far below its mark a figure comes down, per cent of the mark: what keeps a server from
    /// parting with connections one by one.
    std::uint32_t relief_percent = 10;
    /// So long a figure is above its mark before anything moves, each time.
    Duration after = Duration::seconds(3);

    bool is_on() const { return connections > 0 || cpu_per_mille > 0; }
    bool operator==(const OverloadSettings&) const = default;
};

}  // namespace shunt::farm
