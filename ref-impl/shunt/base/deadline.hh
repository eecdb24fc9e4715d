// SPDX-License-Identifier: Apache-2.0
// The earlier of several optional deadlines: how poll_deadline() of a whole is made from its parts.
#pragma once

#include <optional>

#include "shunt/base/time.hh"

namespace shunt {

/// The earlier one; nothing is later than everything.
inline std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
    if (!a) return b;
    if (!b) return a;
    return *a < *b ? a : b;
}

/// True if the deadline exists and has come.
inline bool is_due(std::optional<Instant> deadline, Instant now) {
    return deadline && *deadline <= now;
}

}  // namespace shunt
