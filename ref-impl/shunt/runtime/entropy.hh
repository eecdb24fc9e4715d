// SPDX-License-Identifier: Apache-2.0
// Numbers that nobody can guess, from the kernel: seeds of a node that was given none.
#pragma once

#include <cstdint>

namespace shunt::runtime {

/// 64 bits of getrandom(2).
std::uint64_t random_seed();

}  // namespace shunt::runtime
