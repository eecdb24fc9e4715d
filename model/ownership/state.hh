// SPDX-License-Identifier: Apache-2.0
// One tuple in a farm of a home and two targets: what each server holds, what is in the network,
// and what only the model knows.
#pragma once

#include <array>
#include <cstdint>

#include "model/ownership/message.hh"

namespace model::ownership {

enum class HomeState : std::uint8_t {
    None,       // no record of the tuple
    Acting,     // Temporary or Local: it serves the client itself
    Migrating,  // frozen, the endpoint is offered to `peer`
    Forward     // `peer` is the owner
};

enum class TargetState : std::uint8_t {
    None,
    Unreleased,   // a copy that the home has not released (EP-13)
    Acting,       // released: the owner
    Returning,    // frozen, the endpoint is offered back (EP-46)
    FormerOwner,  // its return was accepted; it sends packets back for 2MSL
    Suspended     // the owner, cut off from the home (EP-33): silent
};

struct Home {
    HomeState state = HomeState::None;
    std::uint8_t peer = 0;
    std::uint8_t id = 0;    // the last attempt, and the one of the record
    std::uint8_t copy = 0;  // that was accepted (EP-16)
    std::uint8_t is_fresh = 0;
    std::uint8_t accepted_return = 0;  // the last one (EP-45)
    std::uint8_t accepted_from = 0;
    std::uint8_t refused_return = 0;  // the last one of this record
};

struct Target {
    TargetState state = TargetState::None;
    std::uint8_t id = 0;  // the attempt by which it came
    std::uint8_t copy = 0;
    std::uint8_t pending_return = 0;
    std::uint8_t is_fresh = 0;
    std::uint8_t is_cut_off = 0;         // no channel to the home
    std::uint8_t is_taken_for_dead = 0;  // the home has deleted its record for that (EP-33)
    std::uint8_t is_muted = 0;           // restarted; the home has not seen its boot number (EP-33)
    std::uint8_t is_home_muted = 0;      // the home restarted; this target has not seen that
};

/// Bytes without padding: states are compared as bytes.
struct State {
    Network network;
    Home home;
    std::array<Target, kTargets> targets;
    // What no server knows.
    std::array<std::uint8_t, kTargets> imported{};        // attempts of which a copy was made
    std::array<std::uint8_t, kTargets> imported_again{};  // and a second one
    std::uint8_t fresh_offers = 0;  // attempts whose block is the newest state of the connection
    std::uint8_t connection = 0;    // 0 the first one on the tuple, 1 the second
    std::uint8_t crashes = 0;
    // Connections that a crash of the home, or the expiry of its record, has orphaned.
    std::uint8_t orphaned = 0;
    /// Something has happened after which the connection may be over: it was closed, a server
    /// crashed, a side has given up.
    std::uint8_t may_be_over = 0;
    std::array<std::uint8_t, 5> unused{};
};

}  // namespace model::ownership
