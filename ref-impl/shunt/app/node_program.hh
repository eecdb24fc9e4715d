// SPDX-License-Identifier: Apache-2.0
// shunt-node from its options to its exit code.
#pragma once

#include <functional>
#include <memory>

#include "shunt/app/node_options.hh"
#include "shunt/app/virtual_device.hh"
#include "shunt/base/packet.hh"

namespace shunt::app {

/// What stands between a node of virtual time and its tester, if anything does. Both references
/// outlive what it makes.
using Disguising = std::function<std::unique_ptr<VirtualDevice>(VirtualDevice&, PacketPool&)>;

/// Serves until it is interrupted. Complaints go to stderr, the ready event to stdout. Returns the
/// exit code.
int run_node(const NodeOptions& options, const Disguising& disguising = {});

}  // namespace shunt::app
