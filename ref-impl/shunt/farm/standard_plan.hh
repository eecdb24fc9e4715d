// SPDX-License-Identifier: Apache-2.0
// The address plan of a farm that has no file: simulations and tests use it, and a farm on one
// machine starts from it.
#pragma once

#include <cstddef>

#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

/// Server ids, address bytes and MAC bytes are made from one number that has to fit into a byte.
inline constexpr std::size_t kStandardPlanServersMax = 99;

/// A farm of `servers` (1 to 99). Server n has id n, name s<n>, front IP 10.7.0.(100+n)/16, service
/// 10.7.1.n, forward IP 10.8.1.n, control IP 10.8.0.n/16, MACs 02:07:00:00:00:n and
/// 02:08:00:00:00:n; each listens on port 80 (http, endpoint profile, selection by request). No
/// URL rules, no secret.
FarmConfig standard_plan(std::size_t servers);

/// 10.7.0.9: the first client's address in this plan.
wire::Ipv4Address standard_client_address();

}  // namespace shunt::farm
