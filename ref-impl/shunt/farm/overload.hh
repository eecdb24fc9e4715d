// SPDX-License-Identifier: Apache-2.0
// When a server has too much to do, and how many of its connections are too many (EP-43,
// docs/selection.md): pure functions of the figures that it tells of itself.
#pragma once

#include <cstdint>

#include "shunt/farm/shedding_settings.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::farm {

/// A figure is above its mark.
bool is_overloaded(const wire::ServerLoad& load, const OverloadSettings& settings);

/// How many connections have to leave until every figure is `relief_percent` below its mark, each
/// taken for as heavy as the others; fewer than there are, whatever the load.
std::uint32_t excess_connections(const wire::ServerLoad& load, const OverloadSettings& settings);

/// With one connection more every figure is still below its mark by that much.
bool has_room_for_one(const wire::ServerLoad& load, const OverloadSettings& settings);

}  // namespace shunt::farm
