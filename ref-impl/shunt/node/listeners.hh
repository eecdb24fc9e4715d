// SPDX-License-Identifier: Apache-2.0
// Which servers of the farm take new connections on a port, as far as this one knows (SEL-3,
// SEL-6).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/selection.hh"

namespace shunt::node {

/// Those that do by configuration, `self` first, and behind them those that say that they do: an
/// operator may have opened a port there. A listener whose application only goes on with what
/// others have begun is none of these. Rows tell ports of TCP as well as of UDP, so of UDP the
/// configuration alone counts.
std::vector<farm::Candidate> servers_listening_on(
    std::uint16_t port, wire::TransportProtocol protocol, const farm::FarmConfig& config,
    farm::ServerId self, const std::optional<farm::ControlChannels>& channels, Instant now);

}  // namespace shunt::node
