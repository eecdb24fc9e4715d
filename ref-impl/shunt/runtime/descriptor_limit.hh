// SPDX-License-Identifier: Apache-2.0
// How many descriptors this process may have.
#pragma once

#include <cstddef>

namespace shunt::runtime {

/// As many as the user may have without privilege (getrlimit(2)): a gateway needs one for each
/// connection, and the customary limit is 1,024. Returns how many that are.
std::size_t raise_descriptor_limit();

}  // namespace shunt::runtime
