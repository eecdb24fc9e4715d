// SPDX-License-Identifier: Apache-2.0
/// A fuzz case about the control channel: mutated frames in its stream, and whether the device does
/// with them what the system page says, and then goes on.
#pragma once

#include <vector>

#include "fuzzing/fuzz_case.hh"
#include "roles/stage.hh"

namespace conform::fuzzing {

/// One behind the other, on the channel with the first peer, which the case has for itself; a
/// connection of the device's own is used before and after, and in the end one is moved to it. The
/// cases outlive the task. Throws Violation.
Task<> play_channel(Stage& stage, std::vector<const FuzzCase*> cases);

}  // namespace conform::fuzzing
