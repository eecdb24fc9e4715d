// SPDX-License-Identifier: Apache-2.0
/// The client's side of a captured connection, played to a device: each segment when the device
/// has said what the captured server had said by then, with the numbers of the live connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/task.hh"
#include "playback/answer_map.hh"
#include "playback/exchange.hh"
#include "roles/stage.hh"

namespace conform {

/// What findings of a playback call themselves, for they are of no requirement.
constexpr std::string_view kAsCaptured = "as-captured";

struct PlaybackOptions {
    PayloadMatch match = PayloadMatch::Auto;
    /// Pauses of the client are as they were, but no longer.
    Duration longest_pause = std::chrono::seconds(1);
};

/// Plays `exchange`, which has no obstacle and stays where it is; each difference is a finding that
/// names the field and the packet of the capture.
Task<> play_client(Stage& stage, const Exchange& exchange, PlaybackOptions options);

}  // namespace conform
