// SPDX-License-Identifier: Apache-2.0
// The verbs about objects (docs/objects.md): who asks for objects, and who serves classes, by the
// control socket. Their answers may come later than the next request of somebody else.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "shunt/app/node_request.hh"
#include "shunt/node/objects.hh"

namespace shunt::app {

class ObjectDesk {
  public:
    using Client = node::Objects::ClientId;
    /// Nothing: the answer comes later.
    using Reply = std::optional<Outcome>;
    /// A line for a client, without line end.
    struct Answer {
        Client client = 0;
        std::string line;
    };

    /// The host outlives it.
    explicit ObjectDesk(NodeHost& host) : host_(host), boots_(host.boots()) {}

    // A verb each.
    Reply create(const NodeRequest& request, Client client);
    Reply call(const NodeRequest& request, Client client);
    Reply release(const NodeRequest& request, Client client);
    Reply list(const NodeRequest& request, Client client);
    Reply serve(const NodeRequest& request, Client client);
    Reply fetch_next(const NodeRequest& request, Client client);
    Reply take_answer(const NodeRequest& request, Client client);

    /// The next answer that was left for later.
    std::optional<Answer> poll_answer();
    /// The client has left: nobody reads its answers, its classes and objects end.
    void forget(Client client);

  private:
    struct Waiting {
        Client client = 0;
        Json id;
        bool is_creation = false;
    };

    void collect();
    void notice_a_fresh_node();
    void put(Client client, const Json& id, const Outcome& outcome);
    node::Objects& objects() { return host_.node().objects(); }

    NodeHost& host_;
    std::uint64_t boots_;  // of the node that what follows is about
    std::map<farm::ObjectTicket, Waiting> waiting_;
    std::map<Client, Json> next_wanted_;  // the id of the request
    std::set<Client> servers_;            // that serve a class
    std::deque<Answer> answers_;
};

}  // namespace shunt::app
