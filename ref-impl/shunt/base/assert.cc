// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/assert.hh"

#include <cstdio>
#include <cstdlib>

namespace shunt {

void assertion_failed(const char* claim, const char* why, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", file, line, claim, why);
    std::abort();
}

}  // namespace shunt
