// SPDX-License-Identifier: Apache-2.0
// Who serves an unbound endpoint: selection, the candidates in turn, and what is left when none
// takes it (SEL-2, SEL-4, SEL-5; EP-3, EP-6).
#include "shunt/base/mutant.hh"
#include "shunt/farm/request_start.hh"
#include "shunt/node/http_conversation.hh"
#include "shunt/node/listeners.hh"
#include "shunt/node/node.hh"
#include "shunt/node/request_peek.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using migrate::LocalEndpoint;
using migrate::TemporaryEndpoint;

std::optional<Instant> Node::decision_deadline(const TemporaryEndpoint& endpoint) const {
    const auto& timers = config_.timers;
    const Instant end_of_life = endpoint.born + timers.temporary_life;
    if (endpoint.phase != TemporaryEndpoint::Phase::Request) return end_of_life;
    if (endpoint.first_byte) return *endpoint.first_byte + timers.request_decision;
    if (is_mutant(Mutant::WaitsForFirstByte)) return end_of_life;
    return std::min(end_of_life, endpoint.established + timers.request_first_byte);
}

const farm::Listen* Node::listen_for(const migrate::Record& record) const {
    return config_.listen_of(self_, record.tuple.service_port);
}

std::unique_ptr<stack::Conversation> Node::make_conversation(Slot slot,
                                                             const farm::Listen& listen) {
    if (listen.application == farm::kGatewayApplication) {
        return streams_.open(slot, tables_.at(slot).tuple, listen,
                             Sessions::of_listener(listen, sessions_));
    }
    return std::make_unique<HttpConversation>(contents_, self_.name,
                                              Sessions::of_listener(listen, sessions_));
}

/// This server's own listener says when to select; a home that only passes on does as they do who
/// serve. Nothing: nobody listens.
std::optional<farm::SelectionMoment> Node::moment_of_selection(const migrate::Record& record,
                                                               Instant now) const {
    const farm::Listen* listen = listen_for(record);
    if (is_mutant(Mutant::SelectsAtConnect)) return farm::SelectionMoment::Connect;
    if (listen != nullptr) return listen->selection;
    const auto listening = servers_listening_on(record.tuple.service_port, record.tuple.protocol,
                                                config_, self_.id, channels_, now);
    if (listening.empty()) return std::nullopt;
    const farm::Server& speaker = *config_.server_by_id(listening.front().id);
    listen = config_.listen_of(speaker, record.tuple.service_port);
    // Of a port that was opened elsewhere by an operator nobody here knows more than that.
    return listen != nullptr ? listen->selection : farm::SelectionMoment::Connect;
}

/// What the client has said of who should serve it, once that is enough or it has to be (SEL-5);
/// else nothing.
std::optional<farm::SelectionInput> Node::hear_client(const PeekedRequest& request,
                                                      bool must_decide, Instant now) const {
    farm::RequestStart start(request.bytes());
    farm::SelectionInput said;
    said.target = start.target();
    bool may_say_more = !start.target() && !start.is_over();
    if (sessions_) {
        const Sessions::Named named = sessions_->named_by(start, request.bytes(), now);
        said.identified = named.keeper;
        if (!is_mutant(Mutant::OverlooksLateIdentifier)) may_say_more = named.may_come;
    }
    const bool is_full = request.bytes().size() >= config_.limits.request_bytes &&
                         !is_mutant(Mutant::WaitsHoweverMuchCame);
    const bool is_time_over = must_decide || request.is_finished() || is_full;
    if (is_mutant(Mutant::WaitsOutItsTime)) may_say_more = true;
    if (is_mutant(Mutant::DecidesByFirstByte) && !request.bytes().empty()) may_say_more = false;
    if (may_say_more && !is_time_over) return std::nullopt;
    return said;
}

farm::Decision Node::select(farm::SelectionInput said, const wire::ConnectionTuple& tuple,
                            Instant now) const {
    said.self = self_.id;
    if (is_mutant(Mutant::PrefersUrlToIdentifier) && said.target &&
        !urls_.servers_for(*said.target).empty())
        said.identified.reset();
    // Who is named and there needs no comparison with others.
    if (said.identified && is_candidate(*said.identified, tuple.service_port, now)) {
        const farm::Candidate named{*said.identified, true};
        said.candidates = {&named, 1};
        return farm::select_server(said, urls_);
    }
    const auto candidates = candidates_for(tuple.service_port, tuple.protocol, now);
    said.candidates = candidates;
    return farm::select_server(said, urls_);
}

void Node::decide(Slot slot, bool must_decide, Instant now) {
    const migrate::Record& record = tables_.at(slot);
    auto& endpoint = *tables_.at(slot).as<TemporaryEndpoint>();
    const PeekedRequest request = peek_request(endpoint.held, endpoint.connection.receive_next(),
                                               config_.limits.request_bytes);
    // Bytes behind a gap are no beginning: what is missing may take a retransmission timeout.
    if (!endpoint.first_byte && !request.bytes().empty()) endpoint.first_byte = now;
    const auto moment = moment_of_selection(record, now);
    // The last listener was closed since the SYN came (SEL-4).
    if (!moment) return bind_locally(slot, now);
    auto said = *moment == farm::SelectionMoment::Connect ? farm::SelectionInput{}
                                                          : hear_client(request, must_decide, now);
    if (!said) return;
    const farm::Decision decision = select(*said, record.tuple, now);
    switch (decision.action) {
        case farm::Decision::Action::Move:
            endpoint.candidates.assign(decision.servers.begin(), decision.servers.end());
            return try_candidates(slot, now);
        case farm::Decision::Action::ServeLocally:
            if (is_mutant(Mutant::ResetsItsOwnChoice)) return endpoint.connection.abort();
            return bind_locally(slot, now);
        case farm::Decision::Action::Reset:
            return bind_locally(slot, now);
    }
}

void Node::try_candidates(Slot slot, Instant now) {
    auto& endpoint = *tables_.at(slot).as<TemporaryEndpoint>();
    if (endpoint.conversation) return go_on(slot, now);
    while (!endpoint.candidates.empty()) {
        const farm::ServerId next = endpoint.candidates.front();
        endpoint.candidates.erase(endpoint.candidates.begin());
        const bool is_left_out =
            is_mutant(Mutant::StartsBlobByOrderAlone) &&
            config_.profile_of(tables_.at(slot).tuple.service_port) == farm::Profile::Blob;
        if (!is_left_out && may_offer_to(next) && home_.start_move(slot, next, now)) return;
    }
    if (is_mutant(Mutant::ResetsUnanswered)) return endpoint.connection.abort();
    bind_locally(slot, now);
}

void Node::bind_locally(Slot slot, Instant now) {
    migrate::Record& record = tables_.at(slot);
    auto& endpoint = *record.as<TemporaryEndpoint>();
    const farm::Listen* listen = listen_for(record);
    const bool is_served = listen != nullptr && listen->takes_new_connections();
    if (!is_served || !tables_.has_room(migrate::Table::Local)) {  // SEL-4
        counters_.add(Counter::ConnectionUnserved);
        return endpoint.connection.abort();
    }
    const std::vector<Packet> held = endpoint.held.take_all();
    endpoint.connection.hold_text(false);
    LocalEndpoint local{std::move(endpoint.connection), make_conversation(slot, *listen),
                        endpoint.epoch};
    auto& placed = tables_.change(slot, std::move(local));
    keep_alive(placed.connection, *listen, now);
    for (const Packet& packet : held) {
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        give(placed.connection, *wire::TcpView::parse(*ip), now);
    }
}

/// The endpoint that was in use did not move: its application goes on here, no byte lost (EP-44).
void Node::go_on(Slot slot, Instant now) {
    const std::vector<Packet> held = home_.take_back(slot);
    for (const Packet& packet : held) {
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        give(*tables_.at(slot).connection(), *wire::TcpView::parse(*ip), now);
    }
}

}  // namespace shunt::node
