// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/clock.hh"

#include <time.h>

#include <cstdint>

#include "shunt/base/assert.hh"

namespace shunt::runtime {
namespace {

Instant read_clock(clockid_t clock) {
    timespec time{};
    SHUNT_ASSERT(clock_gettime(clock, &time) == 0, "these clocks exist on every Linux");
    constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
    return Instant::from_nanoseconds(time.tv_sec * nanoseconds_per_second + time.tv_nsec);
}

}  // namespace

Instant monotonic_now() {
    return read_clock(CLOCK_MONOTONIC);
}

Instant wall_clock_now() {
    return read_clock(CLOCK_REALTIME);
}

}  // namespace shunt::runtime
