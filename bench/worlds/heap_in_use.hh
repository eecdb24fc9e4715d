// SPDX-License-Identifier: Apache-2.0
// Bytes that the program holds: as malloc counts them, and as the kernel does.
#pragma once

#include <cstddef>

namespace shunt::bench {

/// What malloc has handed out and not got back, its own headers included.
std::size_t heap_in_use();
/// Pages in memory (RSS), in bytes; free lists of malloc included.
std::size_t resident_size();

}  // namespace shunt::bench
