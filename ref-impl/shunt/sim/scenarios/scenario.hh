// SPDX-License-Identifier: Apache-2.0
// A story that a world plays for one seed, and what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/observer.hh"

namespace shunt::sim {

/// What two applications at the ends of one connection do.
enum class PairPattern : std::uint8_t {
    Download,  ///< The listener sends.
    Upload,    ///< The opener sends.
    Both,      ///< Both send at once.
    PingPong,  ///< Messages, each answered by one of the same size.
};

/// What a user may change; what is absent is the scenario's own.
struct ScenarioOptions {
    std::uint64_t seed = 1;
    std::optional<std::size_t> connections;
    /// Of each frame, on both links.
    std::optional<Ratio> loss;
    std::optional<Ratio> repetition;
    std::optional<Ratio> reordering;
    std::optional<Ratio> corruption;
    /// Of tcp-pair: bytes to send in each direction used, bytes of each buffer, the link's round
    /// trip, its rate in bytes per second.
    std::optional<PairPattern> pattern;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> buffer;
    std::optional<Duration> round_trip;
    std::optional<std::uint64_t> rate;
    /// Cards of the servers' front links, of both ends in tcp-pair, cut and join trains of segments
    /// (OffloadHost).
    bool has_offload = false;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

struct ScenarioResult {
    std::uint64_t seed = 0;
    std::string trace_hash;
    /// Deliveries of frames to hosts.
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;
    std::uint64_t migrations = 0;
    /// Responses that came whole, and the bytes in them.
    std::uint64_t responses = 0;
    std::uint64_t bytes = 0;
    Instant end;
    /// All of them, also those that are not kept.
    std::uint64_t violation_count = 0;
    std::vector<Violation> violations;
};

/// Which of the settings that not every scenario has mean something to it.
struct ScenarioSettings {
    bool has_connections = true;
    bool has_corruption = true;
    /// Loss, repetition, reordering, and cards.
    bool has_links = true;
    /// `pattern` and all below it that are of tcp-pair.
    bool has_pair = false;
};

struct Scenario {
    std::string_view name;
    std::string_view sentence;
    ScenarioResult (*run)(const ScenarioOptions& options);
    ScenarioSettings settings = {};
};

/// All scenarios, by name.
std::span<const Scenario> scenarios();
/// Null if there is none of that name.
const Scenario* find_scenario(std::string_view name);
/// shunt-sim's name of a setting that is there and that the scenario would not look at.
std::optional<std::string_view> setting_without_meaning(const Scenario& scenario,
                                                        const ScenarioOptions& options);

}  // namespace shunt::sim
