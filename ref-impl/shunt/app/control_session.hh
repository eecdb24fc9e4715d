// SPDX-License-Identifier: Apache-2.0
// The upper tester's requests (docs/interfaces.md, control socket): one JSON line in, one JSON
// line out, at once or later.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shunt/app/node_host.hh"
#include "shunt/app/node_options.hh"
#include "shunt/app/object_desk.hh"
#include "shunt/base/time.hh"

namespace shunt::app {

class ControlSession {
  public:
    /// Whoever asks, as long as it is connected; never 0.
    using Client = ObjectDesk::Client;
    /// The tester of the first link that has one, that of the second link is the next. Clients of a
    /// control socket have lower numbers.
    static constexpr Client kFirstTester = Client{1} << 32U;

    /// The host outlives the session, and has a node when a request comes.
    ControlSession(NodeHost& host, TimeMode time) : host_(host), time_(time), desk_(host) {}

    /// The answer, without line end. Never fails: what is wrong is in the answer. Nothing: it comes
    /// later, by poll_answer().
    std::optional<std::string> answer(std::string_view line, Client client, Instant now);
    /// The next answer that was left for later; behind the frames of what it is about.
    std::optional<ObjectDesk::Answer> poll_answer() { return desk_.poll_answer(); }
    /// The client has left, or another tester stands for it.
    void forget(Client client) { desk_.forget(client); }

  private:
    NodeHost& host_;
    TimeMode time_;
    ObjectDesk desk_;
};

}  // namespace shunt::app
