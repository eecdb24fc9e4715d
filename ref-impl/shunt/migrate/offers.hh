// SPDX-License-Identifier: Apache-2.0
// Which tuple was offered to which server lately. A base acknowledgement names no attempt, so a
// late one could be taken for the answer to a second offer: there is none until the first one's
// frames and endpoint are certainly gone (EP-18).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate {

class Offers {
  public:
    /// `memory`: how long an offer is remembered; `capacity`: how many.
    Offers(SipKey key, Duration memory, std::size_t capacity);

    /// True if the tuple may be offered to the server now: no remembered offer, and room for one.
    [[nodiscard]] bool may_offer(const wire::ConnectionTuple& tuple, farm::ServerId server,
                                 Instant now);
    void remember(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now);
    std::size_t size() const { return recent_.size(); }

  private:
    std::uint64_t key_of(const wire::ConnectionTuple& tuple, farm::ServerId server) const;

    SipKey key_;
    RecentKeys recent_;
};

}  // namespace shunt::migrate
