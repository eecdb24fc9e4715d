// SPDX-License-Identifier: Apache-2.0
// What a TCP engine must be able to say of itself whenever it has nothing more to send: a timer
// runs if and only if something is waited for (RFC 9293 3.8.1, 3.8.6.1; TCP-16), its queues keep
// to their bounds (TCP-5, SEC-5), and what it acknowledged is delivered or kept (RFC 9293
// 3.10.7.4).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"
#include "shunt/sim/checkers/receiver_view.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::sim {

/// `now` is what the connection's host takes for the time. Costs the same for every connection.
std::optional<Finding> check_timers(const tcp::Connection& connection, Instant now);
std::optional<Finding> check_queues(const tcp::Connection& connection, const tcp::Config& config);
/// `delivered` octets of the stream were read by the application in all.
std::optional<Finding> check_delivery(const tcp::Connection& connection, std::uint64_t delivered);

}  // namespace shunt::sim
