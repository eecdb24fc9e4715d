// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/entropy.hh"

#include <sys/random.h>

#include <cerrno>

#include "shunt/base/assert.hh"

namespace shunt::runtime {

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    ssize_t count = 0;
    do {
        count = getrandom(&seed, sizeof seed, 0);
    } while (count < 0 && errno == EINTR);  // possible only before the kernel's pool is ready
    SHUNT_ASSERT(count == ssize_t{sizeof seed}, "up to 256 bytes come whole (getrandom(2))");
    return seed;
}

}  // namespace shunt::runtime
