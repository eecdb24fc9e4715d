// SPDX-License-Identifier: Apache-2.0
// The only place where the program asks what time it is.
#pragma once

#include "shunt/base/time.hh"

namespace shunt::runtime {

/// CLOCK_MONOTONIC: never goes back, origin is the machine's boot.
Instant monotonic_now();

/// CLOCK_REALTIME: since 1970, for captures that people compare with other captures.
Instant wall_clock_now();

}  // namespace shunt::runtime
