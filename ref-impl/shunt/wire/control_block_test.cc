// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_block.hh"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::random_bytes;
using test::to_hex;

// Every field holds its own offset in both halves, so that a field at a wrong place shows.
const Bytes kGolden = from_hex(
    "00010203 04050607 0809 0A0B 0C0D 0E0F 1011 1213 1415 1617 1819 1A1B 1C1D 1E1F"
    "20212223 24252627 28292A2B 2C2D2E2F 30313233 34353637 38393A3B 3C3D3E3F"
    "40414243 44454647 48494A4B 4C4D4E4F 50515253 54555657 58595A5B 5C5D5E5F"
    "60616263 6465 6667 68696A6B 6C6D 6E6F 7071 7273 74757677 78797A7B 7C 7D 7E7F"
    "80818283 84858687 88898A8B");

// An established connection with everything negotiated, 1,000 bytes in the send queue of which
// 600 are sent, numbers about to wrap.
ControlBlock valid_block() {
    ControlBlock block;
    block.timestamp_value = 1'000;
    block.epoch = 1;
    block.mss = 1'460;
    block.send_queue = 1'000;
    block.receive_queue = 100;
    block.send_unacknowledged = SequenceNumber(0xFFFFFF00);
    block.send_next = block.send_unacknowledged + 600;
    block.send_max = block.send_unacknowledged + 600;
    block.receive_next = SequenceNumber(0xFFFFFFF0);
    block.receive_advertised = block.receive_next + 65'535;
    block.send_scale = 7;
    block.receive_scale = 14;
    block.recent_timestamp = 77;
    block.recent_timestamp_age_ms = 5;
    block.sack_ranges = 1;
    for (const BlockFlag flag :
         {BlockFlag::RequestedScale, BlockFlag::ReceivedScale, BlockFlag::RequestedTimestamps,
          BlockFlag::ReceivedTimestamps, BlockFlag::SackPermitted, BlockFlag::Ecn,
          BlockFlag::EcnEchoPending}) {
        block.set(flag);
    }
    return block;
}

std::optional<BlockFault> fault_of(const ControlBlock& block) {
    const auto result = block.validate();
    return result ? std::nullopt : std::optional(result.error());
}

std::optional<BlockFault> fault_after(const std::function<void(ControlBlock&)>& change) {
    ControlBlock block = valid_block();
    change(block);
    return fault_of(block);
}

void clear(ControlBlock& block, BlockFlag flag) {
    block.flags = static_cast<std::uint16_t>(block.flags & ~static_cast<unsigned>(flag));
}

TEST(ControlBlockTest, ReadsEveryFieldAtItsOffset) {
    const ControlBlock block = ControlBlock::load(kGolden, 0);
    EXPECT_EQ(block.timestamp_value, 0x00010203U);
    EXPECT_EQ(block.epoch, 0x04050607U);
    EXPECT_EQ(static_cast<std::uint16_t>(block.state), 0x0809);
    EXPECT_EQ(block.retransmit_timer, 0x0A0B);
    EXPECT_EQ(block.persist_timer, 0x0C0D);
    EXPECT_EQ(block.keep_alive_timer, 0x0E0F);
    EXPECT_EQ(block.time_wait_timer, 0x1011);
    EXPECT_EQ(block.retransmissions, 0x1213);
    EXPECT_EQ(block.retransmission_timeout_ms, 0x1415);
    EXPECT_EQ(block.duplicate_acks, 0x1617);
    EXPECT_EQ(block.mss, 0x1819);
    EXPECT_EQ(block.version, 0x1A1B);
    EXPECT_EQ(block.flags, 0x1C1D);
    EXPECT_EQ(block.out_of_order_ranges, 0x1E1F);
    EXPECT_EQ(block.send_queue, 0x20212223U);
    EXPECT_EQ(block.receive_queue, 0x24252627U);
    EXPECT_EQ(block.send_unacknowledged.value(), 0x28292A2BU);
    EXPECT_EQ(block.send_next.value(), 0x2C2D2E2FU);
    EXPECT_EQ(block.send_urgent.value(), 0x30313233U);
    EXPECT_EQ(block.window_update_sequence.value(), 0x34353637U);
    EXPECT_EQ(block.window_update_acknowledgment.value(), 0x38393A3BU);
    EXPECT_EQ(block.initial_send_sequence.value(), 0x3C3D3E3FU);
    EXPECT_EQ(block.send_window, 0x40414243U);
    EXPECT_EQ(block.receive_window, 0x44454647U);
    EXPECT_EQ(block.receive_next.value(), 0x48494A4BU);
    EXPECT_EQ(block.receive_urgent.value(), 0x4C4D4E4FU);
    EXPECT_EQ(block.initial_receive_sequence.value(), 0x50515253U);
    EXPECT_EQ(block.receive_advertised.value(), 0x54555657U);
    EXPECT_EQ(block.send_max.value(), 0x58595A5BU);
    EXPECT_EQ(block.congestion_window, 0x5C5D5E5FU);
    EXPECT_EQ(block.slow_start_threshold, 0x60616263U);
    EXPECT_EQ(block.idle, 0x6465);
    EXPECT_EQ(block.path_mtu, 0x6667);
    EXPECT_EQ(block.recover.value(), 0x68696A6BU);
    EXPECT_EQ(block.smoothed_rtt, 0x6C6D);
    EXPECT_EQ(block.rtt_variation, 0x6E6F);
    EXPECT_EQ(block.minimum_rtt_ms, 0x7071);
    EXPECT_EQ(block.sack_ranges, 0x7273);
    EXPECT_EQ(block.send_window_max, 0x74757677U);
    EXPECT_EQ(block.out_of_order_bytes, 0x78797A7BU);
    EXPECT_EQ(block.send_scale, 0x7C);
    EXPECT_EQ(block.receive_scale, 0x7D);
    EXPECT_EQ(block.recent_timestamp, 0x80818283U);
    EXPECT_EQ(block.recent_timestamp_age_ms, 0x84858687U);
    EXPECT_EQ(block.last_acknowledgment_sent.value(), 0x88898A8BU);
}

TEST(ControlBlockTest, WritesEveryFieldAtItsOffsetAndReservedAsZero) {
    Bytes expected = kGolden;
    store_u16(expected, 126, 0);
    Bytes written(ControlBlock::kSize, 0xEE);
    ControlBlock::load(kGolden, 0).store(written, 0);
    EXPECT_EQ(to_hex(written), to_hex(expected));
}

TEST(ControlBlockTest, AnyBytesComeBackButTheReserved) {
    constexpr std::uint64_t seed = 140;
    Rng rng(seed);
    for (int round = 0; round < 500; ++round) {
        Bytes bytes = random_bytes(rng, 3 + ControlBlock::kSize);
        const ControlBlock block = ControlBlock::load(bytes, 3);
        Bytes written(3 + ControlBlock::kSize);
        block.store(written, 3);
        bytes[0] = bytes[1] = bytes[2] = 0;
        store_u16(bytes, 3 + 126, 0);
        ASSERT_EQ(to_hex(written), to_hex(bytes)) << "seed " << seed;
        ASSERT_EQ(ControlBlock::load(written, 3), block) << "seed " << seed;
    }
}

TEST(ControlBlockTest, ValidateTakesAGoodBlockAsItIs) {
    const auto result = valid_block().validate();
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, valid_block());
}

TEST(ControlBlockTest, TakesTheListedStatesAlone) {
    for (const std::uint16_t state : std::vector<std::uint16_t>{4, 5, 6, 7, 8, 9}) {
        EXPECT_EQ(fault_after([&](auto& b) {
                      b.state = static_cast<BlockState>(state);
                      b.send_queue = 0;
                      b.send_next = b.send_max = b.send_unacknowledged;
                      b.sack_ranges = 0;
                  }),
                  std::nullopt)
            << state;
    }
    for (const std::uint16_t state : std::vector<std::uint16_t>{0, 1, 2, 3, 10, 11, 0xFFFF}) {
        EXPECT_EQ(fault_after([&](auto& b) { b.state = static_cast<BlockState>(state); }),
                  BlockFault::State)
            << state;
    }
}

TEST(ControlBlockTest, SendNextLiesBetweenUnacknowledgedAndMax) {
    const auto fault_at = [](std::uint32_t next, std::uint32_t max) {
        return fault_after([&](auto& b) {
            b.sack_ranges = 0;
            b.send_next = b.send_unacknowledged + next;
            b.send_max = b.send_unacknowledged + max;
        });
    };
    EXPECT_EQ(fault_at(0, 0), std::nullopt);
    EXPECT_EQ(fault_at(0, 600), std::nullopt);
    EXPECT_EQ(fault_at(600, 600), std::nullopt);
    EXPECT_EQ(fault_at(601, 600), BlockFault::SendSequence);
    EXPECT_EQ(fault_at(0xFFFFFFFF, 600), BlockFault::SendSequence);
    EXPECT_EQ(fault_at(0, 0xFFFFFFFF), BlockFault::SendSequence);
    EXPECT_EQ(fault_at(0xFFFFFFFF, 0xFFFFFFFF), BlockFault::SendSequence);
}

TEST(ControlBlockTest, AtMostAFullWindowAndAFinAreUnacknowledged) {
    const auto fault_at = [](std::uint32_t unacknowledged) {
        return fault_after([&](auto& b) {
            b.send_queue = 0xFFFFFFFF;
            b.send_max = b.send_unacknowledged + unacknowledged;
        });
    };
    EXPECT_EQ(fault_at((1U << 30) + 1), std::nullopt);
    EXPECT_EQ(fault_at((1U << 30) + 2), BlockFault::SendSequence);
}

TEST(ControlBlockTest, AdvertisedEdgeIsAtMostAFullWindowPastReceiveNext) {
    const auto fault_at = [](std::uint32_t distance) {
        return fault_after([&](auto& b) { b.receive_advertised = b.receive_next + distance; });
    };
    EXPECT_EQ(fault_at(0), std::nullopt);
    EXPECT_EQ(fault_at(1U << 30), std::nullopt);
    EXPECT_EQ(fault_at((1U << 30) + 1), BlockFault::ReceiveWindow);
    EXPECT_EQ(fault_at(0xFFFFFFFF), BlockFault::ReceiveWindow);
}

TEST(ControlBlockTest, NoMoreIsSentThanTheQueueHolds) {
    const auto fault_at = [](std::uint32_t queue) {
        return fault_after([&](auto& b) { b.send_queue = queue; });
    };
    EXPECT_EQ(fault_at(0xFFFFFFFF), std::nullopt);
    EXPECT_EQ(fault_at(600), std::nullopt);
    EXPECT_EQ(fault_at(599), BlockFault::SendQueue);
}

TEST(ControlBlockTest, AnUnacknowledgedFinTakesOneNumberMore) {
    struct Row {
        BlockState state;
        bool has_room;
    };
    const Row rows[] = {{BlockState::Established, false}, {BlockState::CloseWait, false},
                        {BlockState::FinWait1, true},     {BlockState::Closing, true},
                        {BlockState::LastAck, true},      {BlockState::FinWait2, false}};
    for (const Row& row : rows) {
        ControlBlock block = valid_block();
        block.state = row.state;
        block.send_queue = 599;
        EXPECT_EQ(fault_of(block), BlockFault::SendQueue) << "FIN not sent";
        block.set(BlockFlag::SentFin);
        EXPECT_EQ(block.is_fin_unacknowledged(), row.has_room);
        EXPECT_EQ(fault_of(block),
                  row.has_room ? std::nullopt : std::optional(BlockFault::SendQueue));
        block.send_queue = 598;
        EXPECT_EQ(fault_of(block), BlockFault::SendQueue);
    }
}

TEST(ControlBlockTest, NothingIsQueuedBehindAnAcknowledgedFin) {
    const auto fault_at = [](BlockState state, std::uint32_t queue) {
        return fault_after([&](auto& b) {
            b.state = state;
            b.send_next = b.send_max = b.send_unacknowledged;
            b.sack_ranges = 0;
            b.send_queue = queue;
        });
    };
    EXPECT_EQ(fault_at(BlockState::FinWait2, 0), std::nullopt);
    EXPECT_EQ(fault_at(BlockState::FinWait2, 1), BlockFault::AcknowledgedFin);
    EXPECT_EQ(fault_at(BlockState::FinWait1, 1), std::nullopt);
}

TEST(ControlBlockTest, ScalesReachFourteen) {
    EXPECT_EQ(fault_after([](auto& b) { b.send_scale = 14; }), std::nullopt);
    EXPECT_EQ(fault_after([](auto& b) { b.send_scale = 15; }), BlockFault::Scale);
    EXPECT_EQ(fault_after([](auto& b) { b.receive_scale = 15; }), BlockFault::Scale);
    EXPECT_EQ(fault_after([](auto& b) { b.receive_scale = 255; }), BlockFault::Scale);
}

TEST(ControlBlockTest, MssIsNotZero) {
    EXPECT_EQ(fault_after([](auto& b) { b.mss = 1; }), std::nullopt);
    EXPECT_EQ(fault_after([](auto& b) { b.mss = 0; }), BlockFault::Mss);
}

TEST(ControlBlockTest, WhatWasNotNegotiatedIsZero) {
    for (const BlockFlag flag :
         {BlockFlag::RequestedScale, BlockFlag::ReceivedScale, BlockFlag::RequestedTimestamps,
          BlockFlag::ReceivedTimestamps, BlockFlag::SackPermitted, BlockFlag::Ecn}) {
        EXPECT_EQ(fault_after([&](auto& b) { clear(b, flag); }), BlockFault::NotNegotiated)
            << static_cast<std::uint16_t>(flag);
    }
    ControlBlock plain = valid_block();
    plain.flags = 0;
    plain.timestamp_value = plain.recent_timestamp = plain.recent_timestamp_age_ms = 0;
    plain.send_scale = plain.receive_scale = 0;
    plain.sack_ranges = 0;
    EXPECT_EQ(fault_of(plain), std::nullopt);
    const auto fault_with = [&](const std::function<void(ControlBlock&)>& change) {
        ControlBlock block = plain;
        change(block);
        return fault_of(block);
    };
    EXPECT_EQ(fault_with([](auto& b) { b.timestamp_value = 1; }), BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.recent_timestamp = 1; }), BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.recent_timestamp_age_ms = 1; }),
              BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.send_scale = 1; }), BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.receive_scale = 1; }), BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.sack_ranges = 1; }), BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.set(BlockFlag::EcnEchoPending); }),
              BlockFault::NotNegotiated);
    EXPECT_EQ(fault_with([](auto& b) { b.set(BlockFlag::CongestionWindowReducedPending); }),
              BlockFault::NotNegotiated);
}

TEST(ControlBlockTest, EveryOutOfOrderRangeHoldsAByte) {
    const auto fault_at = [](std::uint16_t ranges, std::uint32_t bytes) {
        return fault_after([&](auto& b) {
            b.out_of_order_ranges = ranges;
            b.out_of_order_bytes = bytes;
        });
    };
    EXPECT_EQ(fault_at(0, 0), std::nullopt);
    EXPECT_EQ(fault_at(3, 3), std::nullopt);
    EXPECT_EQ(fault_at(3, 2), BlockFault::OutOfOrder);
    EXPECT_EQ(fault_at(0, 1), BlockFault::OutOfOrder);
}

TEST(ControlBlockTest, OutOfOrderRangesFitIntoTheWindowWithAGapInFrontOfEach) {
    const auto fault_at = [](std::uint32_t bytes, bool has_fin, BlockState state) {
        return fault_after([&](auto& b) {
            b.state = state;
            b.receive_advertised = b.receive_next + 100;
            b.out_of_order_ranges = 3;
            b.out_of_order_bytes = bytes;
            if (has_fin) b.set(BlockFlag::FinOutOfOrder);
        });
    };
    EXPECT_EQ(fault_at(97, false, BlockState::Established), std::nullopt);
    EXPECT_EQ(fault_at(98, false, BlockState::Established), BlockFault::OutOfOrder);
    EXPECT_EQ(fault_at(96, true, BlockState::Established), std::nullopt);
    EXPECT_EQ(fault_at(97, true, BlockState::Established), BlockFault::OutOfOrder);
    EXPECT_EQ(fault_at(97, false, BlockState::CloseWait), BlockFault::OutOfOrder)
        << "the peer's FIN came before them";
    EXPECT_EQ(fault_after([](auto& b) { b.set(BlockFlag::FinOutOfOrder); }), BlockFault::OutOfOrder)
        << "there is no range that it could follow";
}

TEST(ControlBlockTest, ScoreboardRangesFitIntoWhatIsOutstanding) {
    const auto fault_at = [](std::uint16_t ranges, std::uint32_t outstanding) {
        return fault_after([&](auto& b) {
            b.set(BlockFlag::SackPermitted);
            b.send_queue = outstanding;
            b.send_next = b.send_max = b.send_unacknowledged + outstanding;
            b.sack_ranges = ranges;
        });
    };
    EXPECT_EQ(fault_at(3, 5), std::nullopt);
    EXPECT_EQ(fault_at(3, 4), BlockFault::Scoreboard);
}

TEST(ControlBlockTest, OptionsAreOnIfAskedAndAnswered) {
    ControlBlock block;
    EXPECT_FALSE(block.timestamps_on());
    block.set(BlockFlag::RequestedTimestamps);
    EXPECT_FALSE(block.timestamps_on());
    block.set(BlockFlag::ReceivedTimestamps);
    EXPECT_TRUE(block.timestamps_on());
    EXPECT_FALSE(block.scaling_on());
    block.set(BlockFlag::ReceivedScale);
    EXPECT_FALSE(block.scaling_on());
    block.set(BlockFlag::RequestedScale);
    EXPECT_TRUE(block.scaling_on());
}

TEST(ControlBlockTest, ReceiveQueueStartsBeforeAFin) {
    ControlBlock block = valid_block();
    const auto start_in = [&](BlockState state) {
        block.state = state;
        return block.receive_next - block.receive_start();
    };
    EXPECT_EQ(start_in(BlockState::Established), 100U);
    EXPECT_EQ(start_in(BlockState::CloseWait), 101U);
    EXPECT_EQ(start_in(BlockState::FinWait1), 100U);
    EXPECT_EQ(start_in(BlockState::Closing), 101U);
    EXPECT_EQ(start_in(BlockState::LastAck), 101U);
    EXPECT_EQ(start_in(BlockState::FinWait2), 100U);
}

TEST(ControlBlockTest, OfAnotherVersionOnlyTheNamedFieldsAreUsed) {
    ControlBlock base = ControlBlock::load(kGolden, 0);
    base.state = BlockState::Established;
    base.flags = 0xFE7F;  // all but timestamps
    base.version = 0;
    base.send_next = base.send_max = base.send_unacknowledged;
    base.receive_advertised = base.receive_next + 1;
    base.send_scale = base.receive_scale = 2;
    base.recent_timestamp = 0;
    const auto result = base.validate();
    ASSERT_TRUE(result);

    ControlBlock expected;
    expected.version = 0;
    expected.state = BlockState::Established;
    expected.mss = base.mss;
    expected.flags = 0x027F;
    expected.send_unacknowledged = expected.send_next = expected.send_max =
        base.send_unacknowledged;
    expected.send_urgent = base.send_urgent;
    expected.window_update_sequence = base.window_update_sequence;
    expected.window_update_acknowledgment = base.window_update_acknowledgment;
    expected.initial_send_sequence = base.initial_send_sequence;
    expected.send_window = base.send_window;
    expected.receive_window = base.receive_window;
    expected.receive_next = base.receive_next;
    expected.receive_urgent = base.receive_urgent;
    expected.initial_receive_sequence = base.initial_receive_sequence;
    expected.receive_advertised = base.receive_advertised;
    expected.congestion_window = base.congestion_window;
    expected.slow_start_threshold = base.slow_start_threshold;
    expected.send_scale = expected.receive_scale = 2;
    expected.last_acknowledgment_sent = base.last_acknowledgment_sent;
    EXPECT_EQ(*result, expected);
}

TEST(ControlBlockTest, OfAnotherVersionTimestampsAreRefused) {
    for (const std::uint16_t version : std::vector<std::uint16_t>{0, 2, 0xFFFF}) {
        ControlBlock block = valid_block();
        block.send_next = block.send_max = block.send_unacknowledged;
        block.version = version;
        EXPECT_EQ(fault_of(block), BlockFault::TimestampsInBaseBlock) << version;
        clear(block, BlockFlag::ReceivedTimestamps);
        block.recent_timestamp = 0;
        EXPECT_EQ(fault_of(block), std::nullopt) << version;
    }
}

TEST(ControlBlockTest, OfAnotherVersionNothingMayBeOutstanding) {
    ControlBlock block;
    block.version = 0;
    block.mss = 536;
    block.send_queue = 10;  // a pointer to a base device
    block.send_max = SequenceNumber(1);
    EXPECT_EQ(fault_of(block), BlockFault::SendQueue);
    block.send_max = SequenceNumber(0);
    EXPECT_EQ(fault_of(block), std::nullopt);
}

TEST(ControlBlockTest, EveryFaultHasWordsOfItsOwn) {
    for (int i = 0; i <= static_cast<int>(BlockFault::TimestampsInBaseBlock); ++i) {
        EXPECT_FALSE(to_string(static_cast<BlockFault>(i)).empty()) << i;
        for (int j = 0; j < i; ++j)
            EXPECT_NE(to_string(static_cast<BlockFault>(i)), to_string(static_cast<BlockFault>(j)));
    }
}

}  // namespace
}  // namespace shunt::wire
