// SPDX-License-Identifier: Apache-2.0
// The timestamp clock of one connection (RFC 7323 5.4; TCP-17): 1 ms ticks and an offset.
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::tcp {

class TimestampClock {
  public:
    explicit TimestampClock(std::uint32_t offset) : offset_(offset) {}

    /// A clock that shows `value` at `now`: how it goes on where a connection has moved to.
    static TimestampClock continued(std::uint32_t value, Instant now) {
        return TimestampClock(value - ticks(now));
    }

    /// TSval.
    std::uint32_t value(Instant now) const { return ticks(now) + offset_; }

  private:
    static std::uint32_t ticks(Instant now) {
        return static_cast<std::uint32_t>(now.since_origin().to_milliseconds());
    }
    std::uint32_t offset_;
};

}  // namespace shunt::tcp
