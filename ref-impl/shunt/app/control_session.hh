// SPDX-License-Identifier: Apache-2.0
// The upper tester's requests (docs/interfaces.md, control socket): one JSON line in, one JSON
// line out.
#pragma once

#include <string>
#include <string_view>

#include "shunt/app/node_host.hh"
#include "shunt/app/node_options.hh"
#include "shunt/base/time.hh"

namespace shunt::app {

class ControlSession {
  public:
    /// The host outlives the session, and has a node when a request comes.
    ControlSession(NodeHost& host, TimeMode time) : host_(host), time_(time) {}

    /// The answer, without line end. Never fails: what is wrong is in the answer.
    std::string answer(std::string_view line, Instant now);

  private:
    NodeHost& host_;
    TimeMode time_;
};

}  // namespace shunt::app
