// SPDX-License-Identifier: Apache-2.0
// A download that fills its queues beyond what may move can go soon after it was asked to (EP-41):
// a server that is to be drained does not wait for its end.
#include <gtest/gtest.h>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr Instant kLimit = Instant::from_nanoseconds(60'000'000'000);
constexpr Duration kFrontDelay = Duration::milliseconds(5);
constexpr std::uint64_t kObject = 20'000'000;
constexpr std::size_t kMovable = 1 << 20U;

FarmWorldConfig long_download() {
    FarmWorldConfig config;
    config.farm = farm::standard_plan(2);
    config.farm.farm.has_extensions = true;
    config.farm.urls.push_back({"/bytes/", {"s1"}});
    config.farm.limits.tcp_send_buffer_bytes = 4 * kMovable;
    config.front.delay = kFrontDelay;
    config.back.delay = Duration::microseconds(50);
    ConnectionPlan plan;
    plan.sizes.assign(5, kObject);
    plan.is_pipelined = true;
    config.plans.push_back(plan);
    return config;
}

class LongQueues : public ::testing::Test {
  protected:
    LongQueues() : world_(long_download()), home_(world_.roles().servers.front().host) {}

    std::size_t queued() {
        const auto* const connection = world_.node(0).owned_connection(tuple_);
        return connection != nullptr ? connection->send_queue_size() : 0;
    }
    node::Node& s1() { return world_.node(0).node(); }
    Instant now() { return world_.world().host_now(home_); }
    std::uint64_t moved() { return s1().counters().value(Counter::MoveDone); }

    FarmWorld world_;
    HostId home_;
    wire::ConnectionTuple tuple_ = world_.client().tuple(0);
};

TEST_F(LongQueues, AreShortEnoughWhenAskedAgain) {
    ASSERT_TRUE(world_.run_until(kLimit, [&] { return queued() > kMovable; }));
    const auto started = s1().migrate(tuple_, "s2", now());
    ASSERT_FALSE(started) << "EP-41";
    world_.run_until(world_.world().now() + Duration::milliseconds(50), [] { return false; });
    EXPECT_LE(queued(), kMovable);
    EXPECT_GT(queued(), kMovable / 2) << "the client's window is full all the time";
    EXPECT_TRUE(s1().migrate(tuple_, "s2", now()));
    world_.world().wake(home_);
    world_.run(kLimit);
    EXPECT_EQ(moved(), 1U);
    EXPECT_EQ(world_.result().violation_count, 0U);
}

TEST_F(LongQueues, DoNotKeepADrainFromItsEnd) {
    ASSERT_TRUE(world_.run_until(kLimit, [&] { return queued() > kMovable; }));
    s1().start_drain();
    world_.world().wake(home_);
    const auto is_drained = [&] { return s1().drain_report().left == 0; };
    ASSERT_TRUE(world_.run_until(world_.world().now() + Duration::seconds(2), is_drained));
    EXPECT_EQ(moved(), 1U);
    EXPECT_FALSE(world_.client().is_finished()) << "it moved while it was in use";
    world_.run(kLimit);
    EXPECT_EQ(world_.result().violation_count, 0U);
}

}  // namespace
}  // namespace shunt::sim
