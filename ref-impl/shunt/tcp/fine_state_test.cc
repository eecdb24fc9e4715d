// SPDX-License-Identifier: Apache-2.0
// What moves beside the control block makes the timers as exact as they were.
#include "shunt/tcp/fine_state.hh"

#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

TEST(FineState, SaysWhatTheEstimatorAndTheTimersSay) {
    Peer peer;
    peer.establish();
    peer.send(100);
    peer.drain();
    peer.now = peer.now + Duration::microseconds(1'234);
    peer.give_next("text");
    peer.now = peer.now + Duration::nanoseconds(500);
    const FineState fine = peer.connection->fine_state(peer.now);
    EXPECT_EQ(fine.smoothed_rtt, Duration::microseconds(156))
        << "1/8 of it, 7/8 of a microsecond, rounded up";
    EXPECT_EQ(fine.minimum_rtt, Duration::microseconds(1));
    EXPECT_EQ(fine.retransmission_timeout, Duration::milliseconds(200));
    EXPECT_EQ(fine.retransmit, std::nullopt);
    EXPECT_EQ(fine.persist, std::nullopt);
    EXPECT_EQ(fine.delayed_acknowledgment, Duration::milliseconds(40)) << "rounded up";
}

TEST(FineState, RestoredMovesTheTimersToWhereTheyWere) {
    Peer peer;
    peer.establish();
    peer.send(100);
    peer.drain();
    peer.now = peer.now + Duration::microseconds(150'001);
    const FineState fine = peer.connection->fine_state(peer.now);
    EXPECT_EQ(fine.retransmit, Duration::microseconds(49'999));
    const Instant there = peer.now + Duration::seconds(1'000);
    Snapshot coarse = peer.connection->export_snapshot(1, peer.now);
    coarse.fine.reset();
    auto imported =
        Connection::import_snapshot(peer.config, peer.connection->identity(), coarse, there);
    ASSERT_TRUE(imported);
    EXPECT_NE(imported->fine_state(there).retransmit, fine.retransmit);
    imported->restore_fine_state(fine, there);
    EXPECT_EQ(imported->fine_state(there), fine);
}

TEST(FineState, TurnsOnNoTimerThatHasNothingToWaitFor) {
    Peer peer;
    peer.establish();
    FineState fine = peer.connection->fine_state(peer.now);
    fine.retransmit = fine.persist = fine.delayed_acknowledgment = Duration::milliseconds(5);
    peer.connection->restore_fine_state(fine, peer.now);
    EXPECT_FALSE(peer.connection->poll_deadline());
}

}  // namespace
}  // namespace shunt::tcp
