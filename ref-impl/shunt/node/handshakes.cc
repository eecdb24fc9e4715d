// SPDX-License-Identifier: Apache-2.0
// Connections at their beginning: a SYN gets a record or a SYN cookie, the cookie that comes back
// a record, anything else the answer of a closed port (EP-1, EP-20; TCP-8; RFC 9293 3.10.7.1).
#include "shunt/base/mutant.hh"
#include "shunt/node/listeners.hh"
#include "shunt/node/node.hh"
#include "shunt/tcp/reset.hh"

namespace shunt::node {

using migrate::TemporaryEndpoint;

namespace {

tcp::Identity identity_of(const wire::ConnectionTuple& tuple) {
    return {tuple.service, tuple.service_port, tuple.client, tuple.client_port};
}

}  // namespace

void Node::answer_stray(const wire::ConnectionTuple& tuple, const wire::TcpView& segment,
                        Instant now) {
    counters_.add(Counter::TcpStray);
    if (is_mutant(Mutant::IgnoresStrays)) return;
    const auto reset = tcp::Reset::answer_to(segment);
    if (!reset) return;
    Packet reply = pool_.take();
    reset->write(identity_of(tuple), reply);
    front_.send_ipv4(std::move(reply), now);
}

void Node::open_connection(const wire::ConnectionTuple& tuple, const wire::TcpView& syn,
                           Instant now) {
    // A port that no server of the farm listens on is closed (RFC 9293 3.10.7.1).
    if (servers_listening_on(tuple.service_port, tuple.protocol, config_, self_.id, channels_, now)
            .empty()) {
        if (is_mutant(Mutant::SilentAtClosedPorts)) return;
        return answer_stray(tuple, syn, now);
    }
    if (is_mutant(Mutant::LeavesSynUnanswered)) return;
    auto place = tables_.has_room(migrate::Table::Temporary) ? backlog_.take() : std::nullopt;
    if (!place && is_mutant(Mutant::DropsBeyondBacklog)) return;
    if (!place || is_mutant(Mutant::KeepsNothingOfSyn)) return answer_with_cookie(tuple, syn, now);
    auto connection = listener_.accept(identity_of(tuple), syn, now);
    if (!connection) return counters_.add(connection.error());
    settle(place_undecided(tuple, std::move(*connection), std::move(place), now), now);
}

void Node::answer_with_cookie(const wire::ConnectionTuple& tuple, const wire::TcpView& syn,
                              Instant now) {
    Packet reply = pool_.take();
    if (const auto fault = listener_.answer_with_cookie(identity_of(tuple), syn, now, reply)) {
        return counters_.add(*fault);
    }
    counters_.add(Counter::SynCookieSent);
    front_.send_ipv4(std::move(reply), now);
}

/// Takes the packet if it brings a cookie back, and says so.
bool Node::open_by_cookie(Packet& packet, const wire::ConnectionTuple& tuple,
                          const wire::TcpView& segment, Instant now) {
    // The cookie may be older than the listener's end: of a farm that was configured otherwise.
    if (servers_listening_on(tuple.service_port, tuple.protocol, config_, self_.id, channels_, now)
            .empty())
        return false;
    auto connection = listener_.open_by_cookie(identity_of(tuple), segment, now);
    if (!connection) return false;
    if (!tables_.has_room(migrate::Table::Temporary)) {
        counters_.add(Counter::DropTemporaryFull);
        return true;
    }
    counters_.add(Counter::SynCookieAccepted);
    const Slot slot = place_undecided(tuple, std::move(*connection), std::nullopt, now);
    handle_undecided(slot, std::move(packet), now);
    return true;
}

/// A SYN on the tuple of a connection that is over (EP-31, RFC 6191). One record goes and one
/// comes, so that a full backlog is no reason for a cookie, whose numbers could not begin behind
/// the old ones.
void Node::replace_connection(Slot slot, const wire::TcpView& syn, Instant now) {
    const migrate::Record& over = tables_.at(slot);
    const wire::ConnectionTuple tuple = over.tuple;
    if (!tables_.has_room(migrate::Table::Temporary)) {
        return counters_.add(Counter::DropTemporaryFull);
    }
    const tcp::Connection* old = over.connection();
    auto connection = old == nullptr
                          ? listener_.accept(identity_of(tuple), syn, now)
                          : listener_.accept_again(identity_of(tuple), syn, old->send_next(), now);
    if (!connection) return counters_.add(connection.error());
    erase(slot);
    settle(place_undecided(tuple, std::move(*connection), backlog_.take(), now), now);
}

Node::Slot Node::place_undecided(const wire::ConnectionTuple& tuple, tcp::Connection connection,
                                 std::optional<tcp::Backlog::Place> place, Instant now) {
    TemporaryEndpoint endpoint(std::move(connection), held_budget_);
    endpoint.connection.hold_text(!is_mutant(Mutant::AcknowledgesRequestBeforeDecision));
    endpoint.place = std::move(place);
    if (const auto mtu = path_mtus_.find(tuple.client, now)) {
        endpoint.connection.limit_path_mtu(*mtu);
    }
    endpoint.born = now;
    return tables_.insert(tuple, std::move(endpoint));
}

}  // namespace shunt::node
