// SPDX-License-Identifier: Apache-2.0
/// A fuzz case in a conversation: a connection is brought into its state, the frames come, and what
/// becomes of them is judged by their fate. Oracles and liveness are the runner's.
#pragma once

#include "fuzzing/fuzz_case.hh"
#include "roles/stage.hh"

namespace conform::fuzzing {

/// As long as a case takes by the device's clock, what its frames have set off included.
constexpr std::chrono::milliseconds kCaseLength{2'000};
/// The same of every `kLongEvery`-th batch: SEC-5's timers of the 15 s that follow.
constexpr std::chrono::milliseconds kLongCaseLength{16'000};

/// The case beside others: who is with them sees to what is not of this connection. `fuzz` outlives
/// the task. Throws Violation.
Task<> play(Stage& stage, const FuzzCase& fuzz, Duration length);

/// The same with the twin: two connections that have nothing to do with it, one that the device has
/// moved in and one of its own, are used before and after. A case of the channel as channel_play
/// says.
Task<> play_alone(Stage& stage, const FuzzCase& fuzz, Duration length);

/// The two connections alone, used at the start, behind `length`, and at the end: beside cases.
Task<> play_twins(Stage& stage, Duration length);

}  // namespace conform::fuzzing
