// SPDX-License-Identifier: Apache-2.0
// The home: it alone decides who serves (EP-12).
#include <algorithm>

#include "model/ownership/turn.hh"

namespace model::ownership {
namespace {

/// The epoch of its next attempt; 0: the world ends here.
std::uint8_t next_id(const World& world, const State& state) {
    const std::uint8_t last = state.connection == 0 ? world.first_attempts : world.attempts();
    return state.home.id < last ? static_cast<std::uint8_t>(state.home.id + 1) : 0;
}

bool is_migrating_to(const Home& home, const Message& message) {
    return home.state == HomeState::Migrating && home.peer == message.target &&
           home.id == message.id;
}
bool is_forward_to(const Home& home, std::uint8_t target) {
    return home.state == HomeState::Forward && home.peer == target;
}
/// EP-14: ID, copy and sender are the record's.
bool is_of_record(const World& world, const Home& home, const Message& message) {
    const bool is_copy_right = !world.keeps(Rule::CopyNumber) || home.copy == message.copy;
    return is_forward_to(home, message.target) && home.id == message.id && is_copy_right;
}

/// EP-4: freezes, and offers the endpoint.
void offer(State& state, std::uint8_t target, std::uint8_t id) {
    state.home.state = HomeState::Migrating;
    state.home.peer = target;
    state.home.id = id;
    set(state.fresh_offers, id, state.home.is_fresh != 0);
    state.network.send({Kind::Offer, target, id, 0});
}

/// EP-6: another candidate, or it serves the client itself.
void fall_back(Turn& turn, const char* text) {
    State local = turn.before;
    local.home.state = HomeState::Acting;
    local.home.peer = local.home.accepted_return = local.home.accepted_from = 0;
    turn.add(local, Server::Home, text, resumed(local.home.is_fresh));
    const std::uint8_t id = next_id(turn.world, turn.before);
    if (id == 0) return;
    for (std::uint8_t target = 0; target < turn.world.targets; ++target) {
        if (turn.before.targets[target].is_home_muted != 0) continue;
        State next = turn.before;
        offer(next, target, id);
        turn.add(next, Server::Home, "falls back, and offers it once more");
    }
}

/// The record goes and nobody serves the connection: the client will be reset.
State abandoned(const Turn& turn) {
    State next = turn.before;
    const std::uint8_t connection = next.connection;
    forget(next.home);
    next.may_be_over = 1;
    age(turn.world, next, connection, Server::None);
    return next;
}

void begin_second_connection(State& state, const World& world) {
    state.connection = 1;
    state.home.state = HomeState::Acting;
    state.home.id = world.first_attempts;
    state.home.is_fresh = 1;
}

/// EP-9, EP-16.
void hear_copied(Turn& turn, const Message& message) {
    State next = turn.before;
    const Message go{Kind::Go, message.target, message.id, message.copy};
    if (is_migrating_to(next.home, message)) {
        next.home.state = HomeState::Forward;
        next.home.is_fresh = next.home.refused_return = 0;
        next.home.copy = message.copy;
        next.network.send(go);
        turn.add(next, Server::Home, "Temporary to Forward, and 0x14");
    } else if (is_of_record(turn.world, next.home, message)) {
        next.network.send(go);
        turn.add(next, Server::Home, "0x14 again");
    } else {
        next.network.send({Kind::Drop, message.target, message.id, message.copy});
        turn.add(next, Server::Home, "no record matches: 0x11");
    }
}

void hear_refused(Turn& turn, const Message& message) {
    if (is_migrating_to(turn.before.home, message)) {
        fall_back(turn, "falls back at once, and serves it");
        return;
    }
    const Home& home = turn.before.home;
    const bool is_record = is_forward_to(home, message.target) && home.id == message.id;
    if (is_record && !turn.world.keeps(Rule::RefusalOnlyMigrating)) {
        turn.add(abandoned(turn), Server::Home, "deletes its record");
    }
}

/// EP-23.
void hear_unknown(Turn& turn, const Message& message) {
    const Home& home = turn.before.home;
    if (!is_forward_to(home, message.target)) return;
    if (message.kind == Kind::UnknownTuple && turn.world.keeps(Rule::AskBeforeDelete)) {
        State next = turn.before;
        next.network.send({Kind::Go, home.peer, home.id, home.copy});
        turn.add(next, Server::Home, "asks with 0x14");
    } else if (message.kind == Kind::UnknownTuple || home.id == message.id) {
        turn.add(abandoned(turn), Server::Home, "deletes its record, will reset the client");
    }
}

/// EP-31.
void hear_ended(Turn& turn, const Message& message) {
    if (!is_of_record(turn.world, turn.before.home, message)) return;
    State next = turn.before;
    forget(next.home);
    turn.add(next, Server::Home, "deletes its record");
}

/// EP-32.
void hear_returned_syn(Turn& turn, const Message& message) {
    const bool has_second = turn.world.second_attempts > 0 && turn.before.connection == 0;
    const Home& home = turn.before.home;
    if (home.state == HomeState::None && has_second) {
        State next = turn.before;
        begin_second_connection(next, turn.world);
        turn.add(next, Server::Home, "takes it as a fresh SYN");
    } else if (is_forward_to(home, message.target) && !turn.world.keeps(Rule::ReturnedSynKeeps)) {
        State next = abandoned(turn);
        if (has_second) begin_second_connection(next, turn.world);
        turn.add(next, Server::Home, "deletes its record, takes it as a fresh SYN");
    }
}

/// EP-45.
void hear_return(Turn& turn, const Message& message) {
    const Home& home = turn.before.home;
    const bool is_from_owner = is_forward_to(home, message.target);
    const bool is_remembered = turn.world.keeps(Rule::RefusedReturns);
    const std::uint8_t refused = is_remembered ? home.refused_return : std::uint8_t{0};
    const bool is_next = message.id == std::max(home.id, refused) + 1;
    const bool is_refused = message.id > home.id && message.id <= refused;
    const Message again{Kind::RefusedReturn, message.target, message.id, 0};
    State next = turn.before;
    if (is_from_owner && is_refused) {
        next.network.send(again);
        turn.add(next, Server::Home, "refuses it again");
        return;
    }
    if (is_from_owner && is_next) {
        next.home.state = HomeState::Acting;
        next.home.id = next.home.accepted_return = message.id;
        next.home.accepted_from = message.target;
        next.home.refused_return = next.home.peer = next.home.copy = 0;
        next.home.is_fresh = is_set(next.fresh_offers, message.id) ? 1 : 0;
        next.network.send({Kind::Accepted, message.target, message.id, 0});
        turn.add(next, Server::Home, "accepts the return and serves it, 0x03",
                 resumed(next.home.is_fresh));
        if (!turn.world.has(Feature::Refusals)) return;
        State refusing = turn.before;
        refusing.home.refused_return = message.id;
        refusing.network.send(again);
        turn.add(refusing, Server::Home, "refuses the return");
    } else if (home.accepted_return == message.id && home.accepted_from == message.target) {
        next.network.send({Kind::Accepted, message.target, message.id, 0});
        turn.add(next, Server::Home, "the last one that it accepted: 0x03 again");
    } else {
        next.network.send({Kind::UnknownReturn, message.target, message.id, 0});
        turn.add(next, Server::Home, "0x10 reason 3");
    }
}

/// With a record of an owner.
void act_forwarding(Turn& turn) {
    const World& world = turn.world;
    const Home& home = turn.before.home;
    State next = turn.before;
    if (world.has(Feature::Packets) || world.is_calm) {
        next.network.send({Kind::Packet, home.peer, 0, 0});
        turn.add(next, Server::Home, "forwards a client packet: 0x02");
    }
    if (world.is_calm) return;
    if (world.has(Feature::Syns)) {
        next = turn.before;
        next.network.send({Kind::Syn, home.peer, 0, 0});
        turn.add(next, Server::Home, "forwards a SYN on the tuple: 0x02");
    }
    const bool has_channel = turn.before.targets[home.peer].is_cut_off == 0;
    if (has_channel && (world.has(Feature::Expiry) || world.has(Feature::CuttingOff))) {
        next = turn.before;
        next.network.send({Kind::Go, home.peer, home.id, home.copy});
        turn.add(next, Server::Home, "asks the owner of an idle record (EP-31): 0x14");
    }
    if (world.has(Feature::Expiry)) {
        next = turn.before;
        forget(next.home);
        next.may_be_over = 1;
        set(next.orphaned, turn.before.connection);
        turn.add(next, Server::Home, "its record expires idle (EP-31)");
    }
}

}  // namespace

void hear_at_home(Turn& turn, const Message& message) {
    // EP-33: it has restarted, and this peer does not know yet.
    if (turn.before.targets[message.target].is_home_muted != 0) return;
    turn.hear(message);
    switch (message.kind) {
        case Kind::Copied:
            return hear_copied(turn, message);
        case Kind::RefusedOffer:
            return hear_refused(turn, message);
        case Kind::UnknownOwner:
        case Kind::UnknownTuple:
            return hear_unknown(turn, message);
        case Kind::Ended:
            return hear_ended(turn, message);
        case Kind::ReturnedSyn:
            return hear_returned_syn(turn, message);
        case Kind::Return:
            return hear_return(turn, message);
        case Kind::Offer:
        case Kind::Accepted:
        case Kind::RefusedReturn:
        case Kind::UnknownReturn:
        case Kind::Go:
        case Kind::Drop:
        case Kind::Packet:
        case Kind::Syn:
            return;
    }
}

void act_at_home(Turn& turn) {
    const World& world = turn.world;
    const State& before = turn.before;
    State next = before;
    switch (before.home.state) {
        case HomeState::None:
            if (world.is_calm) return;
            if (world.second_attempts > 0 && before.connection == 0) {
                begin_second_connection(next, world);
                turn.add(next, Server::Home, "a SYN opens a second connection on the tuple");
            }
            return;
        case HomeState::Acting:
            if (world.is_calm) return;
            age(world, next, before.connection, Server::Home);
            turn.add(next, Server::Home, "processes a packet");
            for (std::uint8_t target = 0; target < world.targets; ++target) {
                if (before.targets[target].is_home_muted != 0) continue;
                const std::uint8_t id = next_id(world, before);
                if (id == 0) continue;
                next = before;
                offer(next, target, id);
                turn.add(next, Server::Home,
                         target == 0 ? "freezes, offers it to A: 0x01"
                                     : "freezes, offers it to B: 0x01");
            }
            if (world.has(Feature::Closing)) {
                turn.add(abandoned(turn), Server::Home, "the connection closes");
            }
            return;
        case HomeState::Migrating:
            fall_back(turn, "has waited long enough (EP-6): falls back and serves it");
            if (!world.is_calm) return;
            next.network.send({Kind::Offer, before.home.peer, before.home.id, 0});
            turn.add(next, Server::Home, "offers it again: 0x01");
            return;
        case HomeState::Forward:
            return act_forwarding(turn);
    }
}

}  // namespace model::ownership
