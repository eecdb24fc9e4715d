// SPDX-License-Identifier: Apache-2.0
// Whatever a connection goes through, it can leave at every step, and nothing is lost (TCP-15,
// EP-41, EP-48).
#include <gtest/gtest.h>

#include <set>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/move.hh"
#include "shunt/tcp/testing/pair.hh"

namespace shunt::tcp {
namespace {

using testing::carried;
using testing::Fate;
using testing::Pair;
using wire::BlockFlag;
using wire::ControlBlock;

/// What TCB-3 excepts.
Snapshot comparable(Snapshot snapshot) {
    ControlBlock& block = snapshot.block;
    block.retransmit_timer = block.persist_timer = block.keep_alive_timer = block.time_wait_timer =
        0;
    block.timestamp_value = block.epoch = 0;
    snapshot.fine.reset();
    snapshot.ip.reset();
    return snapshot;
}

/// What was met on the way, so that the test knows that it has seen enough.
struct Seen {
    std::set<State> states;
    int moves = 0;
    int out_of_order = 0;
    int out_of_order_fins = 0;
    int unread = 0;
    int unsent = 0;
    int outstanding = 0;
    int zero_windows = 0;
    int recoveries = 0;

    void note(State state, const ControlBlock& block) {
        states.insert(state);
        ++moves;
        if (block.out_of_order_ranges > 0) ++out_of_order;
        if (block.has(BlockFlag::FinOutOfOrder)) ++out_of_order_fins;
        if (block.receive_queue > 0) ++unread;
        if (block.send_max != block.send_unacknowledged) ++outstanding;
        if (block.send_queue > block.send_max - block.send_unacknowledged) ++unsent;
        if (block.send_window == 0) ++zero_windows;
        if (block.recover != SequenceNumber(0)) ++recoveries;
    }
};

/// Moves the connection of a side to another server whose clock shows the same.
void move(Pair& pair, std::size_t index, Rng& rng, Seen& seen) {
    auto& side = pair.sides[index];
    if (!side.connection || !can_move(side.connection->state())) return;
    Snapshot snapshot = side.connection->export_snapshot(1, pair.now);
    snapshot.ip.reset();  // a matter of blobs
    seen.note(side.connection->state(), snapshot.block);
    ASSERT_EQ(snapshot.fault(), std::nullopt) << to_string(*snapshot.fault());
    const Snapshot arrived = carried(snapshot, rng);
    ASSERT_EQ(arrived, snapshot);
    auto target = Connection::import_snapshot(side.config, side.identity, arrived, pair.now);
    ASSERT_TRUE(target);
    ASSERT_EQ(comparable(target->export_snapshot(2, pair.now)), comparable(snapshot));
    ASSERT_EQ(target->state(), side.connection->state());
    ASSERT_EQ(target->retransmission_timeout(), side.connection->retransmission_timeout());
    ASSERT_EQ(target->congestion_window(), side.connection->congestion_window());
    // To the microsecond, which the block is too coarse for.
    const FineState fine = side.connection->fine_state(pair.now);
    ASSERT_EQ(target->fine_state(pair.now).smoothed_rtt, fine.smoothed_rtt);
    ASSERT_EQ(target->fine_state(pair.now).rtt_variation, fine.rtt_variation);
    *side.connection = std::move(*target);
}

/// A transfer both ways over a bad wire, with a reader that pauses; both ends move at every step.
void run(std::uint64_t seed, bool moves, Seen& seen) {
    Pair pair;
    Rng rng(seed);
    Rng wire_rng(seed * 7'919);
    for (auto& side : pair.sides) {
        side.wanted = 20'000 + rng.below(60'000);
        side.config.send_buffer_max = seed % 2 == 0 ? 16'000 : 512 * 1'024;
        side.config.timestamps = seed % 3 != 0;
        side.config.selective_acknowledgment = seed % 5 != 0;
        side.config.window_scaling = seed % 7 != 0;
        side.lends = seed % 2 != 0;
        side.config.receive_buffer_max = 30'000;
        side.config.user_timeout = side.config.fin_wait_2_timeout = Duration::seconds(3'000);
    }
    if (seed % 4 == 0) pair.sides[0].wanted = 0;
    // One closes, the other goes on for a while; or both close when they can.
    const bool is_half_closed = seed % 3 == 0;
    pair.sides[0].closes = true;
    pair.sides[1].closes = !is_half_closed;
    // Sequence numbers wrap in the middle of it.
    pair.sides[0].chance.initial_sequence = SequenceNumber(0xFFFF'FFFF - 10'000);
    pair.sides[1].chance.initial_sequence = SequenceNumber(0x8000'0000 - 10'000);
    pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
        Fate fate;
        fate.is_lost = wire_rng.chance({6, 100});
        fate.copies = wire_rng.chance({3, 100}) ? 2 : 1;
        fate.delay = Duration::microseconds(1 + static_cast<std::int64_t>(wire_rng.below(20'000)));
        return fate;
    };
    pair.open();
    const auto is_over = [&] {
        return pair.sides[1].connection && pair[0].is_closed() && pair[1].is_closed();
    };
    int steps = 0;
    while (!is_over()) {
        ASSERT_LT(++steps, 20'000) << "it goes round in circles";
        if (rng.chance({1, 40})) pair.sides[rng.below(2)].reads ^= true;
        if (pair.sides[1].had(Event::PeerFinished)) pair.sides[1].closes |= rng.chance({1, 20});
        if (rng.chance({1, 80})) pair.sides[0].reads = pair.sides[1].reads = true;
        pair.settle();
        if (!pair.step(pair.now + Duration::seconds(2'000))) {
            ASSERT_FALSE(pair.sides[1].closes) << "it stands still";
            pair.sides[1].closes = true;
        }
        for (std::size_t index = 0; moves && index < 2; ++index) {
            ASSERT_NO_FATAL_FAILURE(move(pair, index, rng, seen));
        }
        pair.settle();
    }
    pair.sides[0].reads = pair.sides[1].reads = true;
    pair.settle();
    EXPECT_TRUE(pair.all_read());
    EXPECT_TRUE(pair.sides[0].is_content_right && pair.sides[1].is_content_right);
    EXPECT_TRUE(pair.is_wire_clean);
}

TEST(SnapshotProperty, EveryStepOfABadWireCanBeTheLastHere) {
    Seen seen;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ASSERT_NO_FATAL_FAILURE(run(seed, true, seen));
    }
    EXPECT_EQ(seen.states.size(), 6U) << "every state that can move has moved";
    EXPECT_GT(seen.moves, 10'000);
    EXPECT_GT(seen.out_of_order, 1'000);
    EXPECT_GT(seen.out_of_order_fins, 10);
    EXPECT_GT(seen.unread, 100);
    EXPECT_GT(seen.unsent, 1'000);
    EXPECT_GT(seen.outstanding, 1'000);
    EXPECT_GT(seen.zero_windows, 10);
    EXPECT_GT(seen.recoveries, 1'000);
}

}  // namespace
}  // namespace shunt::tcp
