// SPDX-License-Identifier: Apache-2.0
// For tests: how much memory the program has taken and not given back.
#pragma once

#include <cstddef>

namespace shunt::node {

/// Bytes of every live allocation by operator new.
std::size_t live_memory();

}  // namespace shunt::node
