// SPDX-License-Identifier: Apache-2.0
// A session that a server of the farm keeps for a client (SES-1).
#pragma once

#include <cstdint>

#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

struct SessionId {
    /// Who keeps it.
    ServerId server = 0;
    /// Drawn by that server: which of its sessions.
    std::uint64_t number = 0;

    bool operator==(const SessionId&) const = default;
};

}  // namespace shunt::farm
