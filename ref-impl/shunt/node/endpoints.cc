// SPDX-License-Identifier: Apache-2.0
// One endpoint after it has changed: its application has its turn, what is over goes, its deadline
// is set anew.
#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"

namespace shunt::node {

using migrate::ForwardConnectEndpoint;
using migrate::ForwardEntry;
using migrate::LocalEndpoint;
using migrate::Record;
using migrate::TemporaryEndpoint;

namespace {

/// It processes and transmits here: bound, and neither frozen, unreleased nor suspended.
bool is_acting(const Record& record) {
    const auto* moved_in = record.as<ForwardConnectEndpoint>();
    if (moved_in != nullptr) return moved_in->is_released && !moved_in->returning;
    return record.as<LocalEndpoint>() != nullptr;
}

}  // namespace

bool Node::give(tcp::Connection& connection, const wire::TcpView& segment, Instant now) {
    const auto dropped = connection.handle_segment(segment, now);
    if (dropped) counters_.add(*dropped);
    return !dropped;
}

void Node::settle(Slot slot, Instant now) {
    if (shedding_.is_active()) follow_departure(slot, now);
    if (!tables_.contains(slot)) {
        deadlines_.set(slot, std::nullopt);
        return;
    }
    Record& record = tables_.at(slot);
    if (record.as<ForwardConnectEndpoint>() != nullptr) settle_moved_in(slot, now);
    stack::Conversation* conversation = conversation_of(record);
    if (conversation != nullptr) conversation->advance(*record.connection(), now);
    if (tcp::Connection* connection = record.connection()) {
        while (const auto event = connection->poll_event()) {
            if (conversation != nullptr) conversation->hear(*event);
            // RFC 9293 3.8.3 (b).
            if (*event == tcp::Event::Unanswered) {
                front_.doubt_route_to(connection->identity().remote_address, now);
            }
        }
        if (connection->is_closed()) return bury(slot, now);
        ready_.push(slot);
        // An undecided endpoint's text is held outside of its buffers.
        if (record.table() != migrate::Table::Temporary) keep_warm(slot);
    }
    const bool is_done =
        conversation != nullptr && is_acting(record) && conversation->asks_to_leave(now);
    if (is_done) pass_on(slot, now);
    deadlines_.set(slot, record_deadline(tables_.at(slot)));
    if (sessions_ && sessions_->has_news()) sessions_->tell(channels_, now);
}

/// What moved on by itself wakes up at another time now (EP-41).
void Node::settle_progressed(Instant now) {
    while (const auto slot = exchange_.attempts.poll_progressed())
        settle(*slot, now);
}

void Node::settle_moved_in(Slot slot, Instant now) {
    Record& record = tables_.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    // EP-13: before its release the application sees nothing.
    if (!endpoint.is_released || endpoint.conversation) return;
    if (endpoint.resumed) {
        endpoint.conversation = std::move(endpoint.resumed);
        return;
    }
    const farm::Listen* listen = listen_for(record);
    if (listen == nullptr || !listen->takes_new_connections()) {  // closed since its 0x01 was taken
        counters_.add(Counter::ConnectionUnserved);
        return endpoint.connection.abort();
    }
    endpoint.conversation = make_conversation(slot, *listen);
    keep_alive(endpoint.connection, *listen, now);
}

/// Where a program outside of the node holds resources for a client, the client is asked now and
/// then whether it is there (TCP-12).
void Node::keep_alive(tcp::Connection& connection, const farm::Listen& listen, Instant now) {
    if (listen.application == farm::kGatewayApplication) connection.set_keep_alive(true, now);
}

/// None before there is an application, or while it is detached.
stack::Conversation* Node::conversation_of(const Record& record) {
    if (const auto* local = record.as<LocalEndpoint>()) return local->conversation.get();
    if (const auto* moved_in = record.as<ForwardConnectEndpoint>()) {
        // EP-40: while the endpoint is frozen its application is detached.
        return moved_in->returning ? nullptr : moved_in->conversation.get();
    }
    return nullptr;
}

void Node::keep_warm(Slot slot) {
    const auto cold = warm_.touch(slot);
    if (!cold || !tables_.contains(*cold)) return;
    if (tcp::Connection* connection = tables_.at(*cold).connection()) connection->release_memory();
}

std::optional<Instant> Node::record_deadline(const Record& record) const {
    if (const auto* temporary = record.as<TemporaryEndpoint>()) {
        // A frozen endpoint's own clock stands still (EP-4).
        if (temporary->attempt) return home_.deadline(record);
        return earlier(temporary->connection.poll_deadline(), decision_deadline(*temporary));
    }
    if (record.as<ForwardEntry>() != nullptr) return home_.deadline(record);
    std::optional<Instant> deadline;
    if (const auto* moved_in = record.as<ForwardConnectEndpoint>()) {
        deadline = target_.deadline(*moved_in);
    }
    if (!is_acting(record)) return deadline;
    deadline = earlier(deadline, record.connection()->poll_deadline());
    const stack::Conversation* conversation = conversation_of(record);
    return conversation != nullptr ? earlier(deadline, conversation->wake_at()) : deadline;
}

void Node::handle_record_deadline(Slot slot, Instant now) {
    Record& record = tables_.at(slot);
    if (record.as<TemporaryEndpoint>() != nullptr) {
        handle_temporary_deadline(slot, now);
    } else if (const auto* entry = record.as<ForwardEntry>()) {
        // EP-33: no 0x14 may be on its way to an owner that is about to be taken for dead.
        const bool may_ask = !channels_ || !channels_->has_lost(entry->owner);
        home_.handle_forward_deadline(slot, may_ask, now);
    } else {
        const bool was_acting = is_acting(record);
        if (record.as<ForwardConnectEndpoint>() != nullptr) target_.handle_deadline(slot, now);
        if (was_acting && is_due(record.connection()->poll_deadline(), now)) {
            record.connection()->handle_deadline(now);
        }
    }
    settle(slot, now);
}

void Node::handle_temporary_deadline(Slot slot, Instant now) {
    auto& endpoint = *tables_.at(slot).as<TemporaryEndpoint>();
    if (endpoint.attempt) {
        const bool is_lost = channels_ && !channels_->is_open(endpoint.attempt->target);
        if (is_mutant(Mutant::WaitsForLostChannel) && is_lost) endpoint.attempt->clock = now;
        if (home_.handle_attempt_deadline(slot, now)) try_candidates(slot, now);
        return;
    }
    if (is_due(endpoint.connection.poll_deadline(), now)) {
        endpoint.connection.handle_deadline(now);
    }
    if (endpoint.connection.is_closed()) return;
    if (endpoint.born + config_.timers.temporary_life <= now) {  // EP-11
        counters_.add(Counter::TemporaryExpired);
        // Half open: nobody is there who would need an answer. Any other goes by SEL-4.
        const bool is_half_open = endpoint.phase == TemporaryEndpoint::Phase::Handshake;
        if (is_half_open && is_mutant(Mutant::KeepsHalfOpen)) {
            endpoint.born = now;
            return;
        }
        if (is_half_open) return erase(slot);
        return bind_locally(slot, now);
    }
    if (endpoint.phase == TemporaryEndpoint::Phase::Request &&
        is_due(decision_deadline(endpoint), now)) {
        decide(slot, true, now);
    }
}

void Node::bury(Slot slot, Instant now) {
    Record& record = tables_.at(slot);
    Packet last = pool_.take();  // a reset, where one is owed
    while (record.connection()->poll_transmit(now, last)) {
        front_.send_ipv4(std::move(last), now);
        last = pool_.take();
    }
    if (record.as<ForwardConnectEndpoint>() != nullptr) target_.announce_closed(record, now);
    erase(slot);
}

void Node::erase(Slot slot) {
    Record& record = tables_.at(slot);
    if (stack::Conversation* conversation = conversation_of(record)) {
        conversation->end(std::move(*record.connection()));
    }
    tables_.erase(slot);
    deadlines_.set(slot, std::nullopt);
    shedding_.forget(slot);
}

}  // namespace shunt::node
