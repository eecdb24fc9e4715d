// SPDX-License-Identifier: Apache-2.0
// Short connections over paths that lose a third of what they carry: all of them end, and soon.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/pair.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;

struct Outcome {
    bool is_complete = false;
    /// The larger SRTT of both sides.
    Duration smoothed{};
};

/// A request of 200 bytes, a response of 30,000 over a path of 0.4 ms.
Outcome exchange(std::uint64_t seed) {
    Rng rng(seed);
    Pair pair;
    pair.plan = [&rng](std::size_t from, std::size_t, const wire::TcpView&) {
        const bool is_lost = rng.chance(from == 0 ? Ratio{36, 100} : Ratio{20, 100});
        return Fate{.is_lost = is_lost, .delay = Duration::microseconds(200)};
    };
    pair.sides[0].wanted = 200;
    pair.sides[1].wanted = 30'000;
    pair.open();
    Outcome outcome;
    outcome.is_complete = pair.run_until([&] { return pair.all_read(); });
    for (std::size_t side = 0; side < 2; ++side) {
        if (!pair.sides[side].connection) continue;
        EXPECT_TRUE(pair.sides[side].is_content_right) << seed;
        outcome.smoothed = std::max(outcome.smoothed, pair[side].fine_state(pair.now).smoothed_rtt);
    }
    return outcome;
}

TEST(HeavyLoss, IsSurvivedByShortConnections) {
    constexpr std::uint64_t kSeeds = 400;
    std::uint64_t given_up = 0;
    std::uint64_t misled = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const Outcome outcome = exchange(seed);
        if (!outcome.is_complete) ++given_up;
        if (outcome.smoothed > Duration::seconds(1)) ++misled;
    }
    // Half of all tries get no answer; thirteen in a row are the end by the user timeout.
    EXPECT_LE(given_up, 2U);
    // The path takes 0.4 ms, a peer waits 40 ms with an acknowledgment. What is seconds was no
    // round trip: a peer may still repeat its answer, but a timeout of ours is not to be taken for
    // one, for then the next loss is a matter of minutes.
    EXPECT_LE(misled, 3U);
}

}  // namespace
}  // namespace shunt::tcp
