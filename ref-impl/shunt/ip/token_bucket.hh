// SPDX-License-Identifier: Apache-2.0
// A rate limit on virtual time: so many at once, then so many a second.
#pragma once

#include <algorithm>
#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::ip {

class TokenBucket {
  public:
    /// Full at `now`. `per_second` and `burst` are above 0.
    TokenBucket(std::int64_t per_second, std::int64_t burst, Instant now)
        : price_(Duration::seconds(1) / per_second),
          credit_max_(price_ * burst),
          credit_(credit_max_),
          last_(now) {}

    /// Takes one token. False: there is none, and nothing changes.
    [[nodiscard]] bool take(Instant now) {
        credit_ = std::min(credit_max_, credit_ + (now - last_));
        last_ = now;
        if (credit_ < price_) return false;
        credit_ = credit_ - price_;
        return true;
    }

  private:
    Duration price_;  // time that makes one token
    Duration credit_max_;
    Duration credit_;
    Instant last_;
};

}  // namespace shunt::ip
