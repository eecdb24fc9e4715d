// SPDX-License-Identifier: Apache-2.0
/// A captured move of a base farm, played to a device from one of its ends: as its home to a
/// target, or as its target, and its client, to a home.
#pragma once

#include "engine/task.hh"
#include "playback/client_playback.hh"
#include "playback/move_exchange.hh"
#include "roles/stage.hh"

namespace conform {

/// `move` has no obstacle and stays where it is. The target's answers to the client are compared
/// where the capture has any.
Task<> play_home(Stage& stage, const MoveExchange& move, PlaybackOptions options);

/// The same; what the home offers and forwards is compared.
Task<> play_target(Stage& stage, const MoveExchange& move, PlaybackOptions options);

}  // namespace conform
