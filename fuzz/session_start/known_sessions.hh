// SPDX-License-Identifier: Apache-2.0
// Sessions of server 1 of two, always the same, which know one TLS session of server 2.
#pragma once

#include <string>

#include "shunt/base/counters.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/session/session_cookie.hh"
#include "shunt/node/sessions.hh"

namespace shunt::fuzz {

class KnownSessions {
  public:
    KnownSessions();

    node::Sessions& sessions() { return sessions_; }
    const node::Sessions& sessions() const { return sessions_; }
    /// Bytes of the id of server 2's TLS session.
    static ByteView tls_id();
    /// The value of a cookie that the farm has given.
    std::string genuine(farm::ServerId server) const;

  private:
    farm::FarmConfig config_;
    Counters counters_;
    node::Sessions sessions_;
};

}  // namespace shunt::fuzz
