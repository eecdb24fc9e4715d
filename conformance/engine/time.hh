// SPDX-License-Identifier: Apache-2.0
/// Time as the judge counts it: nanoseconds since the device was attached, virtual or wall.
#pragma once

#include <chrono>

namespace conform {

using Duration = std::chrono::nanoseconds;

/// A point in time, as the time that has passed since the attachment began.
using Time = std::chrono::nanoseconds;

constexpr Time kNever = Time::max();

constexpr std::int64_t milliseconds_of(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace conform
