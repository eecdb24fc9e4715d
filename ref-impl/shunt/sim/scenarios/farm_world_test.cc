// SPDX-License-Identifier: Apache-2.0
// A farm of nodes under explicit orders: what is dropped is said in the test's first lines.
#include "shunt/sim/scenarios/farm_world.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "shunt/farm/standard_plan.hh"

namespace shunt::sim {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr std::uint64_t kConnections = 20;
constexpr Instant kLimit = Instant::from_nanoseconds(300'000'000'000);

FrameOrder drop_encapsulated(wire::EncapsulationType type, std::uint64_t first,
                             std::uint64_t last) {
    FramePattern pattern;
    pattern.ether_type = 0x88B5;
    pattern.encapsulation_type = static_cast<std::uint8_t>(type);
    return {pattern, first, last, OrderAction::Drop, {}};
}

class FarmWorldOf : public ::testing::TestWithParam<bool> {
  protected:
    FarmWorldOf() {
        config_.farm = farm::standard_plan(2);
        config_.farm.farm.has_extensions = GetParam();
        config_.farm.urls.push_back({"/bytes/", {"s2"}});
        config_.front.delay = config_.back.delay = Duration::microseconds(100);
        for (std::uint64_t i = 0; i < kConnections; ++i) {
            ConnectionPlan plan;
            plan.start = Instant{} + Duration::milliseconds(static_cast<std::int64_t>(i));
            plan.sizes = {i * 1'000, 10};
            plan.upload_size = i % 2 * 3'000;
            config_.plans.push_back(plan);
        }
    }

    ScenarioResult play() {
        FarmWorld world(config_);
        world.run(kLimit);
        return world.result();
    }

    // Everything was served as it must be, whoever served it.
    static void expect_clean(const ScenarioResult& result) {
        EXPECT_EQ(result.connections, kConnections);
        EXPECT_EQ(result.responses, 2 * kConnections);
        EXPECT_EQ(result.violation_count, 0U)
            << result.violations.front().rule << ": " << result.violations.front().text;
    }

    FarmWorldConfig config_;
};

TEST_P(FarmWorldOf, PerfectLinksMovesEveryConnectionOnce) {
    const ScenarioResult result = play();
    expect_clean(result);
    EXPECT_EQ(result.migrations, kConnections);
}

TEST_P(FarmWorldOf, LostOffersServesAtHome) {
    config_.back.orders.push_back(drop_encapsulated(wire::EncapsulationType::Connection, 1, kAll));
    const ScenarioResult result = play();
    expect_clean(result);
    EXPECT_EQ(result.migrations, 0U);
}

TEST_P(FarmWorldOf, LostAcknowledgementsServesAtHomeWithoutASecondOwner) {
    config_.back.orders.push_back(
        drop_encapsulated(wire::EncapsulationType::Acknowledgement, 1, kAll));
    const ScenarioResult result = play();
    expect_clean(result);
    EXPECT_EQ(result.migrations, 0U);
}

TEST_P(FarmWorldOf, LostFirstReleasesMovesEveryConnectionAllTheSame) {
    const auto release =
        GetParam() ? wire::EncapsulationType::Go : wire::EncapsulationType::Forwarded;
    config_.back.orders.push_back(drop_encapsulated(release, 1, kConnections));
    const ScenarioResult result = play();
    expect_clean(result);
    EXPECT_EQ(result.migrations, kConnections);
}

TEST_P(FarmWorldOf, DeadFrontLinkReportsEveryClient) {
    config_.front.loss = {1, 1};
    const ScenarioResult result = play();
    EXPECT_EQ(result.connections, 0U);
    const auto unfinished = std::ranges::count(result.violations, "liveness", &Violation::rule);
    EXPECT_EQ(static_cast<std::uint64_t>(unfinished), kConnections);
}

TEST_P(FarmWorldOf, EndpointsThatStayAreSeenAtTheBaseLine) {
    // The FINs of all clients are lost, for ever.
    FrameOrder order;
    order.pattern.tcp_flags = 0x11;
    order.pattern.destination = config_.farm.servers.front().front_mac;
    order.last = kAll;
    config_.front.orders.push_back(order);
    config_.farm.timers.two_msl = Duration::seconds(1);
    config_.farm.timers.temporary_life = Duration::seconds(1);
    FarmWorld world(config_);
    world.run_until(Instant::from_nanoseconds(2'000'000'000), [] { return false; });
    const std::uint64_t before = world.log().count();
    world.demand_base_line();
    ASSERT_GT(world.log().count(), before);
    EXPECT_EQ(world.log().kept().back().rule, "SEC-5");
}

INSTANTIATE_TEST_SUITE_P(Sets, FarmWorldOf, ::testing::Bool(), [](const auto& set) {
    return std::string(set.param ? "Extended" : "Base");
});

}  // namespace
}  // namespace shunt::sim
