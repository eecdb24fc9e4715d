// SPDX-License-Identifier: Apache-2.0
// Passive opens with SYN cookies (TCP-8): the SYN/ACK of a connection that is forgotten at once,
// and the connection that its ACK brings back.
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {

Result<Connection, Counter> Connection::accept_without_state(const Config& config,
                                                             const Identity& identity,
                                                             const wire::TcpView& syn,
                                                             const Chance& chance, Instant now) {
    auto connection = accept(config, identity, syn, chance, now);
    if (!connection) return connection;
    // Without timestamps the cookie has no place for what the other options say.
    Negotiated& agreed = connection->negotiated_;
    agreed.ecn_requested = false;
    if (!agreed.has_timestamps()) {
        agreed.scale_requested = agreed.scale_received = false;
        agreed.sack_permitted = false;
    }
    return connection;
}

Connection Connection::accept_acknowledged(const Config& config, const Identity& identity,
                                           const wire::TcpView& acknowledgment,
                                           const wire::TcpOptions& offered, const Chance& chance,
                                           Instant now) {
    ArrivingSegment syn(acknowledgment);
    syn.sequence = syn.sequence - 1;
    syn.flags = {.syn = true};
    syn.options = offered;
    syn.text = {};
    Connection connection(config, identity, chance);
    connection.set_state(State::SynReceived);
    connection.is_passive_ = true;
    connection.negotiated_.scale_requested =
        config.window_scaling && offered.window_scale.has_value();
    connection.negotiated_.timestamps_requested =
        config.timestamps && offered.timestamps.has_value();
    connection.learn_options(syn, now);
    connection.last_received_at_ = now;
    connection.send_.next = connection.send_.maximum = connection.send_.initial + 1;
    return connection;
}

}  // namespace shunt::tcp
