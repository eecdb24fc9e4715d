// SPDX-License-Identifier: Apache-2.0
// A step of a migration's state machine: one event of one server, named by what it did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shunt/base/time.hh"

namespace shunt::sim {

struct Step {
    std::size_t server = 0;
    /// As in CrashPoint.
    std::uint64_t event = 0;
    Instant at;
    /// What came: "0x03", "client's ACK", "deadline", "migrate to s2".
    std::string cause;
    /// NodeHost::phase() of the connection.
    std::string before;
    std::string after;
    /// What left about the connection, as causes are named.
    std::vector<std::string> sent;
};

/// "s2.17  0x14: forward-connect/unreleased > forward-connect/released, sends ..".
std::string to_text(const Step& step);

}  // namespace shunt::sim
