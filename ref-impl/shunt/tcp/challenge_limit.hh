// SPDX-License-Identifier: Apache-2.0
// How often a connection answers what may be forged (RFC 5961 7). The count is the connection's
// own: a shared one could be read from outside (CVE-2016-5696).
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::tcp {

class ChallengeLimit {
  public:
    static constexpr std::uint8_t kCountMax = 10;
    static constexpr Duration kPeriod = Duration::seconds(5);

    /// Counts one and says whether it may be sent.
    bool allows(Instant now) {
        if (count_ == 0 || now - period_start_ >= kPeriod) {
            period_start_ = now;
            count_ = 0;
        }
        if (count_ == kCountMax) return false;
        ++count_;
        return true;
    }

  private:
    Instant period_start_;
    std::uint8_t count_ = 0;
};

}  // namespace shunt::tcp
