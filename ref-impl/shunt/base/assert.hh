// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on in every build: our own mistakes stop the program, never the network's.
#pragma once

namespace shunt {

/// Prints the claim, its reason and place to stderr and aborts.
[[noreturn]] void assertion_failed(const char* claim, const char* why, const char* file, int line);

}  // namespace shunt

/// States an invariant of ours. `why` says what rests on it.
#define SHUNT_ASSERT(claim, why)        \
    (static_cast<bool>(claim) ? void(0) \
                              : ::shunt::assertion_failed(#claim, why, __FILE__, __LINE__))
