// SPDX-License-Identifier: Apache-2.0
// What had come out of order goes along when a connection moves (EP-41): the client sends again
// just what it lost, as if nothing had moved.
#include <gtest/gtest.h>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr Instant kLimit = Instant::from_nanoseconds(60'000'000'000);
constexpr Duration kFrontDelay = Duration::milliseconds(5);
constexpr Duration kRoundTrip = Duration::milliseconds(10);
constexpr std::uint64_t kLostSegment = 3;
/// Fewer than follow the lost one in the first flight, which is of ten (RFC 6928).
constexpr std::uint32_t kSegmentsBehind = 6;
constexpr std::uint32_t kSegmentMin = 1'400;

class RecoveryAfterMove : public ::testing::Test {
  protected:
    static FarmWorldConfig config() {
        FarmWorldConfig config;
        config.farm = farm::standard_plan(2);
        config.farm.farm.has_extensions = true;
        config.farm.urls.push_back({"/bytes/", {"s1"}});
        config.front.delay = kFrontDelay;
        config.back.delay = Duration::microseconds(50);
        FrameOrder lost;
        lost.pattern.destination = config.farm.servers.front().front_mac;
        lost.pattern.tcp_data_min = kSegmentMin;
        lost.first = lost.last = kLostSegment;
        config.front.orders.push_back(lost);
        ConnectionPlan plan;
        plan.sizes = {100};
        plan.upload_size = 200'000;
        config.plans.push_back(plan);
        return config;
    }

    RecoveryAfterMove() : world_(config()) {}

    const tcp::Connection* owned(std::size_t server) {
        return world_.node(server).owned_connection(tuple_);
    }
    FarmWorld world_;
    wire::ConnectionTuple tuple_{farm::standard_client_address(), SimClient::kFirstPort,
                                 config().farm.servers.front().services.front(), 80};
};

TEST_F(RecoveryAfterMove, TakesARoundTripAndAMillisecond) {
    const auto has_begun = [&] {
        const tcp::Connection* const connection = owned(0);
        return connection != nullptr &&
               connection->receive_next() - connection->initial_receive_sequence() > kSegmentMin;
    };
    ASSERT_TRUE(world_.run_until(kLimit, has_begun));
    // The rest of the flight arrives; of its loss the client hears half a round trip later.
    const Instant moved = world_.world().now() + Duration::milliseconds(1);
    world_.run_until(moved, [] { return false; });
    const SequenceNumber hole = owned(0)->receive_next();
    const HostId home = world_.roles().servers.front().host;
    const auto started = world_.node(0).node().migrate(tuple_, "s2", world_.world().host_now(home));
    ASSERT_TRUE(started) << started.error().text;
    world_.world().wake(home);
    const auto has_recovered = [&] {
        const tcp::Connection* const connection = owned(1);
        return connection != nullptr &&
               connection->receive_next() - hole >= kSegmentsBehind * kSegmentMin;
    };
    ASSERT_TRUE(world_.run_until(kLimit, has_recovered));
    EXPECT_GT(world_.world().now() - moved, kRoundTrip - Duration::milliseconds(2));
    EXPECT_LE(world_.world().now() - moved, kRoundTrip + Duration::milliseconds(1));
    world_.run(kLimit);
    EXPECT_EQ(world_.result().violation_count, 0U);
}

}  // namespace
}  // namespace shunt::sim
