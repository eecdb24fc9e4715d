// SPDX-License-Identifier: Apache-2.0
// How loaded a server is, as one number (SEL-3, docs/selection.md): what the state rule compares.
#pragma once

#include <cstdint>

#include "shunt/farm/farm_config.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::farm {

/// The score of a server that can do nothing more.
inline constexpr std::uint32_t kScoreMax = 1'000;

/// From 0, idle, to kScoreMax. Of two servers one of which is worse in all four figures it has the
/// higher score.
std::uint32_t score(const wire::ServerLoad& load, const SelectionSettings& settings);

}  // namespace shunt::farm
