// SPDX-License-Identifier: Apache-2.0
// Every crash that can hit a script once: each step, before it, when its state has changed, and
// when its frames have left; back soon, late, or never. And two of them, by seed.
#pragma once

#include <span>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/sim/crash/crash_run.hh"

namespace shunt::sim {

std::vector<CrashPoint> crashes_of(const std::vector<Step>& steps);
/// The same places, where the server loses its control channels alone: ended, silent for some
/// seconds, and for so long that servers take each other for dead.
std::vector<CrashPoint> channel_losses_of(const std::vector<Step>& steps);
/// Two crashes. Events after the first one are others than the steps say: the second one is at a
/// number around theirs, and is not reached in some worlds.
std::vector<CrashPoint> draw_two_crashes(const std::vector<Step>& steps,
                                         std::span<const Comeback> comebacks, Rng& rng);
/// The script with these crashes, at steps of these.
CrashOrders orders_for(const std::vector<Step>& steps, std::vector<CrashPoint> points);

}  // namespace shunt::sim
