// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/trouble.hh"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "shunt/sim/world_fixture.hh"

namespace shunt::sim {
namespace {

constexpr TroubleSpan kSpan = {Instant::from_nanoseconds(1'000'000),
                               Instant::from_nanoseconds(9'000'000)};

std::vector<LaneName> lanes_of(const Trio& trio) {
    std::vector<LaneName> lanes;
    for (const HostId from : trio.ids) {
        for (const HostId to : trio.ids) {
            if (from != to) lanes.push_back({trio.segment, from, to});
        }
    }
    return lanes;
}

TEST(Swizzle, StopsASubsetAndResumesItInAnotherOrder) {
    const Trio trio(FaultPlan{});
    std::set<std::size_t> sizes;
    std::size_t other_orders = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Rng rng(seed);
        TroublePlan plan;
        add_swizzle(plan, rng, lanes_of(trio), kSpan);
        plan.sort();
        std::vector<std::pair<HostId, HostId>> stopped;
        std::vector<std::pair<HostId, HostId>> resumed;
        for (const Trouble& trouble : plan.all()) {
            EXPECT_GE(trouble.at, kSpan.begin);
            EXPECT_LT(trouble.at, kSpan.end);
            const bool is_open = trouble.kind == Trouble::Kind::Open;
            (is_open ? resumed : stopped).emplace_back(trouble.host, trouble.other);
        }
        EXPECT_EQ(std::set(stopped.begin(), stopped.end()),
                  std::set(resumed.begin(), resumed.end()));
        sizes.insert(stopped.size());
        if (stopped != resumed) ++other_orders;
    }
    EXPECT_GE(sizes.size(), 4U) << "subsets of many sizes";
    EXPECT_GT(other_orders, 25U);
}

TEST(TroublePlan, EndsWithEverythingAsItWas) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        Trio trio(FaultPlan{}, seed);
        TestHost fresh{mac(1)};
        Rng rng(seed);
        TroublePlan plan;
        add_swizzle(plan, rng, lanes_of(trio), kSpan);
        add_outage(plan, rng, trio.ids[1], true, kSpan);
        add_outage(plan, rng, trio.ids[2], false, kSpan);
        plan.sort();
        bool is_fresh = false;
        while (const auto next = plan.next()) {
            trio.world.wait_until(*next);
            plan.apply(trio.world, [&](HostId host) -> Host& {
                EXPECT_EQ(host, trio.ids[1]);
                is_fresh = true;
                return fresh;
            });
        }
        EXPECT_TRUE(is_fresh);
        trio.a.send(mac(1), 1);
        trio.c.send(mac(0), 2);
        trio.world.wake(trio.ids[0]);
        trio.world.wake(trio.ids[2]);
        trio.world.run_until(Instant::from_nanoseconds(20'000'000));
        EXPECT_EQ(fresh.numbers(), std::vector<std::uint32_t>{1}) << "seed " << seed;
        EXPECT_EQ(trio.a.numbers(), std::vector<std::uint32_t>{2}) << "seed " << seed;
    }
}

TEST(TroublePlan, ClockTroubleOnlyGoesForward) {
    Trio trio(FaultPlan{});
    Rng rng(5);
    TroublePlan plan;
    add_clock_trouble(plan, rng, trio.ids[0], Duration::seconds(3), kSpan);
    plan.sort();
    ASSERT_EQ(plan.all().size(), 3U);
    Instant latest{};
    while (const auto next = plan.next()) {
        EXPECT_FALSE(describe(plan.front(), trio.world).empty());
        trio.world.wait_until(*next);
        plan.apply(trio.world, [&](HostId) -> Host& { return trio.a; });
        EXPECT_GE(trio.world.host_now(trio.ids[0]), latest);
        latest = trio.world.host_now(trio.ids[0]);
    }
    EXPECT_GT(latest, trio.world.now());
}

}  // namespace
}  // namespace shunt::sim
