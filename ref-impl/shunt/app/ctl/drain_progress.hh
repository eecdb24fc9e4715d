// SPDX-License-Identifier: Apache-2.0
// How far a drain has come, as who waits for it wants to know.
#pragma once

#include <cstdint>
#include <string>

#include "shunt/app/control_request.hh"
#include "shunt/base/time.hh"

namespace shunt::app::ctl {

enum class DrainProgress : std::uint8_t {
    GoesOn,   // look again
    Empty,    // no connection is left
    Late,     // some are left, and time is over
    Stopped,  // some are left, and the server is not draining any more
    Unknown   // that is no node's answer to drain
};

/// `result` is what the node says to `drain`, `waited` the time since it was asked first.
DrainProgress progress_of(const Json& result, Duration waited, Duration patience);

/// The same in one line, line end included.
std::string progress_line(const Json& result);

}  // namespace shunt::app::ctl
