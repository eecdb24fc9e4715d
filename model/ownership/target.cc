// SPDX-License-Identifier: Apache-2.0
// A target: what it holds, it holds for the home, until the home releases it.
#include <algorithm>

#include "model/ownership/turn.hh"

namespace model::ownership {
namespace {

bool is_copy_right(const World& world, const Target& target, const Message& message) {
    return !world.keeps(Rule::CopyNumber) || target.copy == message.copy;
}

bool is_silent(const World& world, const Target& target) {
    return target.is_muted != 0 && world.keeps(Rule::MuteAfterStart);
}

/// EP-7, EP-8, EP-17.
void take(Turn& turn, const Message& message) {
    const std::uint8_t at = message.target;
    State next = turn.before;
    // The model knows two copies of an attempt: a third one would teach nothing new.
    if (is_set(next.imported_again[at], message.id)) return;
    const bool is_second = is_set(next.imported[at], message.id);
    set(is_second ? next.imported_again[at] : next.imported[at], message.id);
    Target& target = next.targets[at];
    target.state = TargetState::Unreleased;
    target.id = message.id;
    target.copy = is_second ? 1 : 0;
    target.pending_return = 0;
    target.is_fresh = is_set(next.fresh_offers, message.id) ? 1 : 0;
    next.network.send({Kind::Copied, at, message.id, target.copy});
    turn.add(next, server_of(at), "makes an endpoint that is not released, 0x03");
    if (!turn.world.has(Feature::Refusals)) return;
    State refusing = turn.before;
    refusing.network.send({Kind::RefusedOffer, at, message.id, 0});
    turn.add(refusing, server_of(at), "refuses: 0x10");
}

void hear_offer(Turn& turn, const Message& message) {
    const std::uint8_t at = message.target;
    const Target& target = turn.before.targets[at];
    const World& world = turn.world;
    if (!holds_endpoint(target)) return take(turn, message);
    State next = turn.before;
    if (message.id == target.id) {
        next.network.send({Kind::Copied, at, target.id, target.copy});
        turn.add(next, server_of(at), "a repetition: 0x03 again");
        return;
    }
    const bool is_same = connection_of(world, message.id) == connection_of(world, target.id);
    const bool is_newer = !is_same || message.id > target.id;
    if (target.state == TargetState::Unreleased) {
        if (is_newer) take(turn, message);
        return;
    }
    // EP-46: the home would not offer it anew if it had not accepted the return.
    const bool is_implied =
        target.state == TargetState::Returning && is_same && message.id > target.pending_return;
    if (is_implied || !world.keeps(Rule::ReleasedStays)) return take(turn, message);
    next.network.send({Kind::RefusedOffer, at, message.id, 0});
    turn.add(next, server_of(at), "what is released stays: 0x10 reason 6");
}

/// EP-13, EP-23, EP-33.
void hear_go(Turn& turn, const Message& message) {
    const std::uint8_t at = message.target;
    State next = turn.before;
    Target& target = next.targets[at];
    const bool is_mine = holds_endpoint(target) && target.id == message.id &&
                         is_copy_right(turn.world, target, message);
    const bool is_naive = !turn.world.keeps(Rule::GoOnlyUnreleased);
    if (target.is_cut_off != 0 && turn.world.keeps(Rule::NoGoWhileCutOff)) return;
    if (!is_mine) {
        next.network.send({Kind::UnknownOwner, at, message.id, 0});
        turn.add(next, server_of(at), "no such endpoint: 0x10 reason 3 with the ID");
    } else if (target.state == TargetState::Unreleased ||
               (target.state == TargetState::Returning && is_naive)) {
        target.state = TargetState::Acting;
        turn.add(next, server_of(at), "is released", resumed(target.is_fresh));
    } else if (target.state == TargetState::Suspended && target.is_cut_off == 0) {
        target.state = TargetState::Acting;
        turn.add(next, server_of(at), "goes on", resumed(target.is_fresh));
    }
}

/// EP-16.
void hear_drop(Turn& turn, const Message& message) {
    State next = turn.before;
    Target& target = next.targets[message.target];
    const bool is_mine = holds_endpoint(target) && target.id == message.id &&
                         is_copy_right(turn.world, target, message);
    if (!is_mine) return;
    forget(target);
    turn.add(next, server_of(message.target), "drops its endpoint");
}

/// EP-33, EP-46.
void hear_answer_to_return(Turn& turn, const Message& message) {
    State next = turn.before;
    Target& target = next.targets[message.target];
    if (target.state != TargetState::Returning || target.pending_return != message.id) return;
    const bool is_refused = message.kind == Kind::RefusedReturn;
    if (is_refused && target.is_cut_off != 0 && turn.world.keeps(Rule::NoRefusalWhileCutOff)) {
        return;
    }
    const Server server = server_of(message.target);
    if (message.kind == Kind::Accepted) {
        forget(target);
        target.state = TargetState::FormerOwner;
        turn.add(next, server, "is a former owner");
    } else if (is_refused) {
        target.state = TargetState::Acting;
        turn.add(next, server, "goes on", resumed(target.is_fresh));
    } else {
        forget(target);
        turn.add(next, server, "drops its endpoint");
    }
}

/// EP-23, EP-32.
void hear_packet(Turn& turn, const Message& message) {
    const std::uint8_t at = message.target;
    State next = turn.before;
    Target& target = next.targets[at];
    if (target.state == TargetState::None) {
        next.network.send({Kind::UnknownTuple, at, 0, 0});
        turn.add(next, server_of(at), "knows no such tuple: 0x10 reason 3 with epoch 0");
        return;
    }
    if (message.kind == Kind::Packet) return;
    if (target.state == TargetState::FormerOwner) {
        next.network.send({Kind::ReturnedSyn, at, 0, 0});
        turn.add(next, server_of(at), "sends it back");
    } else if (target.state == TargetState::Acting) {
        next.network.send({Kind::Ended, at, target.id, target.copy});
        next.network.send({Kind::ReturnedSyn, at, 0, 0});
        next.may_be_over = 1;
        age(turn.world, next, connection_of(turn.world, target.id), Server::None);
        forget(target);
        turn.add(next, server_of(at), "the SYN replaces its endpoint: 0x11, and sends it back");
    }
}

void act_as_owner(Turn& turn, std::uint8_t at) {
    const World& world = turn.world;
    const Server server = server_of(at);
    State next = turn.before;
    const Target& owner = turn.before.targets[at];
    const std::uint8_t connection = connection_of(world, owner.id);
    age(world, next, connection, server);
    turn.add(next, server, "processes a packet");

    const std::uint8_t last = std::max(owner.id, owner.pending_return);
    const std::uint8_t bound = connection == 0 ? world.first_attempts : world.attempts();
    if (last < bound) {
        next = turn.before;
        Target& target = next.targets[at];
        target.state = TargetState::Returning;
        target.pending_return = static_cast<std::uint8_t>(last + 1);
        set(next.fresh_offers, target.pending_return, target.is_fresh != 0);
        next.network.send({Kind::Return, at, target.pending_return, 0});
        turn.add(next, server, "freezes, offers it back: 0x01");
    }
    if (world.has(Feature::Closing)) {
        next = turn.before;
        next.network.send({Kind::Ended, at, owner.id, owner.copy});
        next.may_be_over = 1;
        age(world, next, connection, Server::None);
        forget(next.targets[at]);
        turn.add(next, server, "the connection closes: 0x11");
    }
}

}  // namespace

void hear_at_target(Turn& turn, const Message& message) {
    if (is_silent(turn.world, turn.before.targets[message.target])) return;
    turn.hear(message);
    switch (message.kind) {
        case Kind::Offer:
            return hear_offer(turn, message);
        case Kind::Go:
            return hear_go(turn, message);
        case Kind::Drop:
            return hear_drop(turn, message);
        case Kind::Accepted:
        case Kind::RefusedReturn:
        case Kind::UnknownReturn:
            return hear_answer_to_return(turn, message);
        case Kind::Packet:
        case Kind::Syn:
            return hear_packet(turn, message);
        case Kind::Copied:
        case Kind::Return:
        case Kind::RefusedOffer:
        case Kind::UnknownOwner:
        case Kind::UnknownTuple:
        case Kind::Ended:
        case Kind::ReturnedSyn:
            return;
    }
}

void act_at_target(Turn& turn, std::uint8_t at) {
    const World& world = turn.world;
    const Target& target = turn.before.targets[at];
    const Server server = server_of(at);
    if (is_silent(world, target)) return;
    State next = turn.before;
    switch (target.state) {
        case TargetState::None:
        case TargetState::FormerOwner:
            return;
        case TargetState::Unreleased:
            if (world.is_calm) {
                next.network.send({Kind::Copied, at, target.id, target.copy});
                turn.add(next, server, "waits for its release (EP-15): 0x03 again");
                next = turn.before;
            }
            if (!world.has(Feature::DroppingCopies)) return;
            forget(next.targets[at]);
            next.may_be_over = 1;
            turn.add(next, server, "has not been released for 10 s (EP-15): drops it");
            return;
        case TargetState::Acting:
            if (!world.is_calm) act_as_owner(turn, at);
            next.network.send({Kind::Copied, at, target.id, target.copy});
            turn.add(next, server, "an idle owner (EP-31): 0x03");
            return;
        case TargetState::Returning:
            if (world.is_calm) {
                next.network.send({Kind::Return, at, target.pending_return, 0});
                turn.add(next, server, "offers it back again (EP-46): 0x01");
                next = turn.before;
            }
            if (world.has(Feature::GivingUp)) {
                forget(next.targets[at]);
                next.may_be_over = 1;
                turn.add(next, server, "has had no answer for 60 s (EP-46): drops it");
            }
            if (!world.keeps(Rule::OwnerWaits)) {
                next = turn.before;
                next.targets[at].state = TargetState::Acting;
                turn.add(next, server, "has had no answer: goes on", resumed(target.is_fresh));
            }
            return;
        case TargetState::Suspended:
            if (target.is_cut_off != 0) return;
            next.network.send({Kind::Copied, at, target.id, target.copy});
            turn.add(next, server, "its channel is back (EP-33): 0x03");
            return;
    }
}

}  // namespace model::ownership
