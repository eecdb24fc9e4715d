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
};

/// A deque, so that a frame stays where it is while others are added.
using Capture = std::deque<CapturedFrame>;

}  // namespace conform
