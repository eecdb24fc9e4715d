// SPDX-License-Identifier: Apache-2.0
/// Two transcripts of one script, side by side: where the devices differ.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "script/event.hh"
#include "script/script.hh"

namespace conform {

/// Two events at the same place; one may be missing.
struct EventPair {
    std::optional<Event> first{};
    std::optional<Event> second{};
    /// Fields in which they differ; "missing" where one is.
    std::vector<std::string> fields{};
};

/// What happened in answer to one step, on both devices, with at least one pair that differs.
struct StepDifference {
    std::size_t line = 0;
    std::string step;
    std::vector<EventPair> pairs;
    /// A line for each pair that differs, which names script, step and what differs, and stays the
    /// same from run to run: what docs/deviations.md has.
    std::vector<std::string> signatures;
};

/// Both transcripts are of `script`.
std::vector<StepDifference> compare(const Script& script, const Transcript& first,
                                    const Transcript& second);

/// What a device did otherwise than the script expects; empty: nothing.
std::vector<std::string> unmet_expectations(const Script& script, const Transcript& transcript);

}  // namespace conform
