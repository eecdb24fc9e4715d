// SPDX-License-Identifier: Apache-2.0
// UDP in a simulated farm: every server echoes, and a machine beside the TCP clients asks.
#pragma once

#include "shunt/farm/farm_config.hh"
#include "shunt/sim/client/datagram_client.hh"

namespace shunt::sim {

/// Every server listens for datagrams with the echo application.
void add_datagram_echo(farm::FarmConfig& farm);
/// A client of the first server's first service, as add_datagram_echo() serves it.
DatagramPlan datagram_plan(const farm::FarmConfig& farm);

}  // namespace shunt::sim
