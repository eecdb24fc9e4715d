// SPDX-License-Identifier: Apache-2.0
// One world of a script in which servers crash where they are told to, and what becomes of its
// clients. All checkers are on; on top of them this demands that every client is served, or learns
// that it is not, within a bound, that the farm serves who comes afterwards, and that nothing is
// left in any table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/crash/crash_point.hh"
#include "shunt/sim/crash/script.hh"
#include "shunt/sim/crash/step.hh"

namespace shunt::sim {

/// The worst that a client of the run was shown.
enum class CrashEnd : std::uint8_t {
    Served,  ///< All that it asked for.
    Reset,   ///< A clean reset: the crash took what nobody else had (EP-48).
    Gone,    ///< Its home came back too late or never: nobody else has its address.
    Limit,   ///< Silence that the base set cannot end (EP-15, EP-23, EP-33).
    Failed   ///< A rule was broken.
};
inline constexpr std::size_t kCrashEnds = 5;
std::string_view to_string(CrashEnd end);

/// Between two packets of a client that waits for an answer (TCP-3).
constexpr Duration kLongestPause = Duration::seconds(60);
/// From the moment at which nothing is down any more, or will come back, to the last client's end:
/// the longest pause, EP-11's 30 s, and half a minute for what they lead to.
constexpr Duration kCrashBound = kLongestPause + Duration::seconds(60);

struct CrashResult {
    CrashEnd end = CrashEnd::Served;
    /// Crashes that were reached.
    std::uint64_t crashes = 0;
    std::string trace_hash;
    std::uint64_t packets = 0;
    Instant finished;
    std::uint64_t violation_count = 0;
    std::vector<Violation> violations;
};

struct CrashOrders {
    /// Of one server in order of events.
    std::vector<CrashPoint> points;
    /// When a client comes that the farm must serve after everything, from FarmWorld::begin() on;
    /// nothing: none comes.
    std::optional<Duration> later_client;
    std::uint64_t seed = 1;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

CrashResult play(const Script& script, const CrashOrders& orders);
/// The script without a crash: its steps; empty if a rule is broken even so.
std::vector<Step> steps_of(const Script& script);
/// The world in which the servers crash at steps that come at these times.
CrashOrders orders_for(std::vector<CrashPoint> points, Duration last_crash);

}  // namespace shunt::sim
