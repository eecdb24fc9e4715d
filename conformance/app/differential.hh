// SPDX-License-Identifier: Apache-2.0
/// Segment scripts played to one device, or to two whose answers are compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attach/open.hh"
#include "script/comparison.hh"
#include "script/deviations.hh"

namespace conform {

/// How to get a device: a program that takes `--front unix:PATH`, or a path where one listens.
struct ScriptDeviceSource {
    std::vector<std::string> command{};  ///< empty: `path` is served already
    std::string path{};
    TimeKind time = TimeKind::Virtual;
};

/// A fresh device plays the script. Throws what it throws.
Transcript play_once(const Script& script, const ScriptDeviceSource& source);

/// Until two transcripts are the same: what a device with a clock of its own does once and not
/// again is the machine's doing. Throws AttachmentError if none are.
Transcript play_until_stable(const Script& script, const ScriptDeviceSource& source);

struct ScriptResult {
    const Script* script = nullptr;
    Transcript first{};
    Transcript second{};
    std::vector<std::string> unmet{};  ///< of the first device
    std::vector<StepDifference> differences{};
    std::string trouble{};  ///< why there is no result; empty: there is
};

/// Plays every script to both, up to `jobs` at once. `first` is the one whose expectations count.
std::vector<ScriptResult> compare_devices(const std::vector<Script>& scripts,
                                          const ScriptDeviceSource& first,
                                          const ScriptDeviceSource& second, unsigned jobs);

/// The steps and what the device did, one event a line.
std::string describe(const Script& script, const Transcript& transcript);

/// Two columns for each step that differs, with the id of the deviation that each difference is.
/// Counts the differences that are none in `unexplained`.
std::string describe(const ScriptResult& result, Deviations& deviations, std::size_t& unexplained);

}  // namespace conform
