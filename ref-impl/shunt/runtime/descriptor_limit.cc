// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/descriptor_limit.hh"

#include <sys/resource.h>

#include <utility>

namespace shunt::runtime {

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

}  // namespace shunt::runtime
