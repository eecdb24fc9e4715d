// SPDX-License-Identifier: Apache-2.0
/// Everything that a case saw and sent, in order: what oracles judge and evidence is written from.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "attach/attachment.hh"
#include "engine/time.hh"
#include "pdu/frame.hh"

namespace conform {

enum class Direction : std::uint8_t { ToDevice, FromDevice };

struct CapturedFrame {
    Time at{};
    Link link = Link::Front;
    Direction direction = Direction::ToDevice;
    Bytes bytes;
    Frame frame;
    std::vector<std::string> comments{};
    /// The case has asked for it: a reset that would end a living connection otherwise.
    bool is_demanded = false;
    /// The device has to drop it (FRM-7): oracles judge as if it had never been sent.
    bool is_void = false;
    std::size_t turn = 0;  ///< of the case's scheduler
};

/// A deque, so that a frame stays where it is while others are added.
using Capture = std::deque<CapturedFrame>;

/// A line to or from the device's upper tester.
struct ControlLine {
    Time at{};
    Direction direction = Direction::ToDevice;
    std::string text;
    std::size_t turn = 0;
    /// How many frames of the capture were there before it.
    std::size_t frames_before = 0;
    /// Which of the case's questions for lines got it; of lines that came only.
    std::size_t question = 0;
};

/// All that passed between a case and the device, turn by turn: enough to have it again.
struct Conversation {
    Capture frames;
    std::vector<ControlLine> control;
    std::vector<Time> turns;
    std::uint16_t port = 0;    ///< of the case's first client
    bool has_channels = true;  ///< the control channels were the case's own
    std::uint64_t seed = 0;    ///< of the case's chance
};

}  // namespace conform
