// SPDX-License-Identifier: Apache-2.0
// What a server cannot know by itself of how loaded it is: figures of its machine, from whoever
// runs it.
#pragma once

#include <cstdint>
#include <vector>

#include "shunt/wire/server_state.hh"

namespace shunt::farm {

/// The default is a machine that has nothing else to do: of a world without machines all are equal.
struct LocalLoad {
    /// Of one processor, since the figures before.
    std::uint16_t cpu_per_mille = 0;
    std::uint64_t unused_memory_bytes = std::uint64_t{4} << 30;
    /// Of the front link.
    std::uint64_t unused_bandwidth_bps = 10'000'000'000;
    /// The process that the built-in applications run in; 0: none.
    std::uint32_t process = 0;
    std::vector<wire::ApplicationLoad> applications;

    bool operator==(const LocalLoad&) const = default;
};

}  // namespace shunt::farm
