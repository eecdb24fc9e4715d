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

void Node::decide(Slot slot, bool must_decide, Instant now) {
    migrate::Record& record = tables_.at(slot);
    auto& endpoint = *record.as<TemporaryEndpoint>();
    const PeekedRequest request = peek_request(endpoint.held, endpoint.connection.receive_next(),
                                               config_.limits.request_bytes);
    // Bytes behind a gap are no beginning: what is missing may take a retransmission timeout.
    if (!endpoint.first_byte && !request.bytes.empty()) endpoint.first_byte = now;
    const auto listening = servers_listening_on(record.tuple.service_port, record.tuple.protocol,
                                                config_, self_.id, channels_, now);
    // The last listener was closed since the SYN came (SEL-4).
    if (listening.empty()) return bind_locally(slot, now);
    // This server's own listener says when; a home that only passes on does as they do who serve.
    const farm::Server& speaker = *config_.server_by_id(listening.front().id);
    const farm::Listen* listen = config_.listen_of(speaker, record.tuple.service_port);
    farm::SelectionInput input;
    input.self = self_.id;
    // Of a port that was opened elsewhere by an operator nobody here knows more than that.
    if (listen != nullptr && !is_mutant(Mutant::SelectsAtConnect)) input.moment = listen->selection;
    const auto start = farm::read_request_start(request.bytes);
    input.target = start.target;
    bool may_say_more = !start.target && !start.is_over;
    if (sessions_) {
        const Sessions::Named named = sessions_->named_by(start, request.bytes, now);
        input.identified = named.keeper;
        may_say_more = named.may_come;
    }
    const bool is_time_over =
        must_decide || request.is_finished || request.bytes.size() >= config_.limits.request_bytes;
    input.may_wait = may_say_more && !is_time_over;
    const auto candidates = candidates_for(record.tuple.service_port, record.tuple.protocol, now);
    input.candidates = candidates;
    const farm::Decision decision = farm::select_server(input, urls_);
    switch (decision.action) {
        case farm::Decision::Action::Wait:
            return;
        case farm::Decision::Action::Move:
            endpoint.candidates = decision.servers;
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
        if (may_offer_to(next) && home_.start_move(slot, next, now)) return;
    }
    if (is_mutant(Mutant::ResetsUnanswered)) return endpoint.connection.abort();
    bind_locally(slot, now);
}

void Node::bind_locally(Slot slot, Instant now) {
    migrate::Record& record = tables_.at(slot);
    auto& endpoint = *record.as<TemporaryEndpoint>();
    const farm::Listen* listen = listen_for(record);
    if (listen == nullptr || !tables_.has_room(migrate::Table::Local)) {  // SEL-4
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
