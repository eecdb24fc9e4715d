// SPDX-License-Identifier: Apache-2.0
// Parts of a snapshot go over the wire in any order; what lies is refused whole (TCB-1, EP-41).
#include "shunt/tcp/snapshot_assembly.hh"

#include <gtest/gtest.h>

#include <functional>

#include "shunt/tcp/connection.hh"
#include "shunt/tcp/testing/move.hh"

namespace shunt::tcp {
namespace {

using wire::BlockFlag;
using wire::ControlBlock;
using wire::EndpointQueue;

std::vector<std::uint8_t> counted(std::size_t count, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

/// Something in every queue.
Snapshot full() {
    Snapshot snapshot;
    ControlBlock& block = snapshot.block;
    block.mss = 1'460;
    block.send_unacknowledged = SequenceNumber(0xFFFF'FFF0);
    block.send_queue = 300;
    block.send_next = block.send_max = block.send_unacknowledged + 200;
    block.send_window = 1'000;
    block.receive_queue = 50;
    block.receive_next = SequenceNumber(0x8000'0000);
    block.receive_advertised = block.receive_next + 1'000;
    block.out_of_order_ranges = 2;
    block.out_of_order_bytes = 30;
    block.sack_ranges = 2;
    block.set(BlockFlag::SackPermitted);
    block.set(BlockFlag::Context);
    snapshot.send = counted(300, 1);
    snapshot.receive = counted(50, 2);
    snapshot.out_of_order = {{100, counted(20, 3)}, {200, counted(10, 4)}};
    snapshot.scoreboard = {{block.send_unacknowledged + 50, block.send_unacknowledged + 60},
                           {block.send_unacknowledged + 61, block.send_unacknowledged + 200}};
    snapshot.fine = wire::FineState{.smoothed_rtt_us = 5};
    snapshot.context = counted(33, 5);
    return snapshot;
}

std::optional<SnapshotFault> fault_after(const std::function<void(Snapshot&)>& change) {
    Snapshot snapshot = full();
    change(snapshot);
    return snapshot.fault();
}

TEST(Snapshot, IsSoundIfItsQueuesAreWhatItsBlockAnnounces) {
    EXPECT_EQ(full().fault(), std::nullopt);
}

TEST(Snapshot, HasAFaultWhereQueueAndBlockDiffer) {
    EXPECT_EQ(fault_after([](auto& s) { s.block.mss = 0; }), SnapshotFault::Block);
    EXPECT_EQ(fault_after([](auto& s) { s.send.pop_back(); }), SnapshotFault::SendQueue);
    EXPECT_EQ(fault_after([](auto& s) { s.send.push_back(0); }), SnapshotFault::SendQueue);
    EXPECT_EQ(fault_after([](auto& s) { s.receive.pop_back(); }), SnapshotFault::ReceiveQueue);
    EXPECT_EQ(fault_after([](auto& s) { s.receive.push_back(0); }), SnapshotFault::ReceiveQueue);
    EXPECT_EQ(fault_after([](auto& s) { s.out_of_order.pop_back(); }),
              SnapshotFault::OutOfOrderCount);
    EXPECT_EQ(fault_after([](auto& s) { s.out_of_order[0].bytes.push_back(0); }),
              SnapshotFault::OutOfOrderCount);
    EXPECT_EQ(fault_after([](auto& s) { s.scoreboard.pop_back(); }),
              SnapshotFault::ScoreboardCount);
    EXPECT_EQ(fault_after([](auto& s) {
                  s.block.flags = static_cast<std::uint16_t>(
                      s.block.flags & ~static_cast<unsigned>(BlockFlag::Context));
              }),
              SnapshotFault::Context);
}

TEST(Snapshot, HasAFaultWhereRangesAreNotOrderedAndApart) {
    const auto with_offsets = [](std::uint32_t first, std::uint32_t second) {
        return fault_after([&](auto& s) {
            s.out_of_order[0].offset = first;
            s.out_of_order[1].offset = second;
        });
    };
    EXPECT_EQ(with_offsets(1, 22), std::nullopt);
    EXPECT_EQ(with_offsets(0, 22), SnapshotFault::OutOfOrderOrder) << "in order";
    EXPECT_EQ(with_offsets(1, 21), SnapshotFault::OutOfOrderOrder) << "touching";
    EXPECT_EQ(with_offsets(1, 10), SnapshotFault::OutOfOrderOrder) << "overlapping";
    EXPECT_EQ(with_offsets(200, 100), SnapshotFault::OutOfOrderOrder) << "in reverse";
    EXPECT_EQ(with_offsets(1, 990), std::nullopt) << "up to the edge";
    EXPECT_EQ(with_offsets(1, 991), SnapshotFault::OutOfOrderWindow) << "past it";
    EXPECT_EQ(with_offsets(1, 0xFFFF'FFFF), SnapshotFault::OutOfOrderWindow);
    EXPECT_EQ(fault_after([](auto& s) {
                  s.out_of_order[1].offset = 990;
                  s.block.set(BlockFlag::FinOutOfOrder);
              }),
              SnapshotFault::OutOfOrderWindow)
        << "the FIN needs a number too";
    const auto with_range = [](std::size_t index, std::uint32_t left, std::uint32_t right) {
        return fault_after([&](auto& s) {
            const SequenceNumber begin = s.block.send_unacknowledged;
            s.scoreboard[index] = {begin + left, begin + right};
        });
    };
    EXPECT_EQ(with_range(0, 0, 60), std::nullopt);
    EXPECT_EQ(with_range(0, 50, 61), SnapshotFault::ScoreboardOrder) << "touching";
    EXPECT_EQ(with_range(0, 60, 60), SnapshotFault::ScoreboardRange) << "empty";
    EXPECT_EQ(with_range(0, 60, 50), SnapshotFault::ScoreboardRange) << "in reverse";
    EXPECT_EQ(with_range(1, 61, 201), SnapshotFault::ScoreboardRange) << "never sent";
    EXPECT_EQ(with_range(0, 0xFFFF'FFFF, 60), SnapshotFault::ScoreboardRange) << "acknowledged";
    EXPECT_EQ(with_range(1, 20, 40), SnapshotFault::ScoreboardOrder) << "the second first";
}

TEST(SnapshotAssembly, TakesPartsInAnyOrderAndRepeated) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Rng rng(seed);
        ASSERT_EQ(testing::carried(full(), rng), full()) << "seed " << seed;
    }
}

TEST(SnapshotAssembly, AsksForWhatIsMissingUntilItIsWhole) {
    // Half of what is sent is lost, each time.
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng(seed);
        const Snapshot snapshot = full();
        SnapshotAssembly assembly(snapshot.block, 100);
        std::vector<QueuePart> wanted = parts_of(snapshot, 8);
        std::size_t sent = 0;
        while (!assembly.is_complete()) {
            for (const QueuePart& asked : wanted) {
                for (const QueuePart& part : parts_of(snapshot, asked, 8)) {
                    if (rng.chance({1, 2})) continue;
                    std::vector<std::uint8_t> bytes(byte_count(part));
                    copy_part(snapshot, part, bytes);
                    ASSERT_FALSE(assembly.add(part.queue, part.offset, bytes));
                    sent += bytes.size();
                }
            }
            wanted = assembly.missing(wire::MissingRanges::kRangesMax);
            ASSERT_LE(wanted.size(), wire::MissingRanges::kRangesMax);
            ASSERT_EQ(wanted.empty(), assembly.is_complete());
        }
        EXPECT_LE(sent, 300U + 50 + 30 + 16 + 34 + 37) << "nothing that is there is sent again";
        Snapshot arrived = assembly.take();
        arrived.fine = snapshot.fine;  // nobody waits for it
        EXPECT_EQ(arrived, snapshot);
    }
}

TEST(SnapshotAssembly, OfABlockWithoutQueuesIsCompleteAtOnce) {
    Snapshot snapshot;
    snapshot.block.mss = 1'460;
    SnapshotAssembly assembly(snapshot.block, 0);
    EXPECT_TRUE(assembly.is_complete());
    EXPECT_TRUE(assembly.missing(32).empty());
    EXPECT_EQ(assembly.take(), snapshot);
    EXPECT_TRUE(parts_of(snapshot, 1'444).empty());
}

TEST(SnapshotAssembly, RefusesPartsThatLieOutsideOfWhatWasAnnounced) {
    const Snapshot snapshot = full();
    const auto fault_of = [&](EndpointQueue queue, std::uint32_t offset, std::size_t count) {
        SnapshotAssembly assembly(snapshot.block, 40);
        return assembly.add(queue, offset, counted(count, 0));
    };
    EXPECT_EQ(fault_of(EndpointQueue::Send, 299, 1), std::nullopt);
    EXPECT_EQ(fault_of(EndpointQueue::Send, 299, 2), SnapshotFault::SendQueue);
    EXPECT_EQ(fault_of(EndpointQueue::Send, 0xFFFF'FFFF, 1), SnapshotFault::SendQueue);
    EXPECT_EQ(fault_of(EndpointQueue::Receive, 50, 1), SnapshotFault::ReceiveQueue);
    EXPECT_EQ(fault_of(EndpointQueue::OutOfOrder, 999, 1), std::nullopt);
    EXPECT_EQ(fault_of(EndpointQueue::OutOfOrder, 999, 2), SnapshotFault::OutOfOrderWindow);
    EXPECT_EQ(fault_of(EndpointQueue::OutOfOrder, 1, 30), SnapshotFault::OutOfOrderCount)
        << "all bytes in one run, where two are announced";
    EXPECT_EQ(fault_of(EndpointQueue::OutOfOrder, 1, 31), SnapshotFault::OutOfOrderCount);
    EXPECT_EQ(fault_of(EndpointQueue::SackScoreboard, 1, 8), std::nullopt);
    EXPECT_EQ(fault_of(EndpointQueue::SackScoreboard, 1, 16), SnapshotFault::ScoreboardCount);
    EXPECT_EQ(fault_of(EndpointQueue::SackScoreboard, 0, 7), SnapshotFault::ScoreboardCount);
    EXPECT_EQ(fault_of(EndpointQueue::SackScoreboard, 0x8000'0000, 8),
              SnapshotFault::ScoreboardCount);
    EXPECT_EQ(fault_of(EndpointQueue::FineState, 0, 33), SnapshotFault::FineState);
    EXPECT_EQ(fault_of(EndpointQueue::FineState, 1, 34), SnapshotFault::FineState);
    EXPECT_EQ(fault_of(EndpointQueue::ApplicationContext, 43, 1), std::nullopt);
    EXPECT_EQ(fault_of(EndpointQueue::ApplicationContext, 44, 1), SnapshotFault::Context);
}

TEST(SnapshotAssembly, RefusesAContextWhoseLengthLies) {
    const std::vector<std::uint8_t> head{0, 0, 0, 10};
    for (const bool head_first : {false, true}) {
        SnapshotAssembly assembly(full().block, 40);
        if (head_first) {
            ASSERT_FALSE(assembly.add(EndpointQueue::ApplicationContext, 0, head));
        }
        auto fault = assembly.add(EndpointQueue::ApplicationContext, 14, counted(1, 0));
        if (!head_first) fault = assembly.add(EndpointQueue::ApplicationContext, 0, head);
        EXPECT_EQ(fault, SnapshotFault::Context) << "a byte behind the end";
    }
    SnapshotAssembly assembly(full().block, 9);
    EXPECT_EQ(assembly.add(EndpointQueue::ApplicationContext, 0, head), SnapshotFault::Context)
        << "more than the bound";
}

TEST(SnapshotAssembly, KeepsTheFirstCopyOfEveryByte) {
    SnapshotAssembly assembly(full().block, 40);
    EXPECT_FALSE(assembly.add(EndpointQueue::Receive, 10, counted(10, 100)));
    EXPECT_FALSE(assembly.add(EndpointQueue::Receive, 0, counted(50, 0)));
    for (const QueuePart& part : assembly.missing(32))
        EXPECT_NE(part.queue, EndpointQueue::Receive);
    const Snapshot snapshot = full();
    for (const QueuePart& part : parts_of(snapshot, 1'000)) {
        std::vector<std::uint8_t> bytes(byte_count(part));
        copy_part(snapshot, part, bytes);
        ASSERT_FALSE(assembly.add(part.queue, part.offset, bytes));
    }
    const std::vector<std::uint8_t> receive = assembly.take().receive;
    EXPECT_EQ(receive[9], 9);
    EXPECT_EQ(receive[10], 100);
    EXPECT_EQ(receive[19], 109);
    EXPECT_EQ(receive[20], 20);
}

TEST(QueueAssembly, HoldsABoundedNumberOfRuns) {
    QueueAssembly queue(1'000'000);
    const std::vector<std::uint8_t> byte(1);
    for (std::uint64_t i = 0; i < QueueAssembly::kRunsMax + 10; ++i)
        EXPECT_TRUE(queue.add(2 * i, byte));
    EXPECT_EQ(queue.there().count(), QueueAssembly::kRunsMax);
    EXPECT_TRUE(queue.add(1, byte)) << "what joins runs is taken";
    EXPECT_EQ(queue.there().count(), QueueAssembly::kRunsMax - 1);
}

}  // namespace
}  // namespace shunt::tcp
