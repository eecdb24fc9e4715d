// SPDX-License-Identifier: Apache-2.0
// A connection that is exported here and imported there goes on as if nothing had happened
// (TCB-1 to TCB-5, EP-25).
#include <gtest/gtest.h>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/move.hh"
#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::moved;
using testing::Peer;
using testing::Sent;
using wire::BlockFlag;
using wire::ControlBlock;

/// What TCB-3 excepts.
ControlBlock comparable(ControlBlock block) {
    block.retransmit_timer = block.persist_timer = block.time_wait_timer = 0;
    block.timestamp_value = block.epoch = 0;
    return block;
}

std::vector<Sent> all_sent(Connection& connection, PacketPool& pool, Instant now) {
    std::vector<Sent> all;
    Packet packet = pool.take();
    while (connection.poll_transmit(now, packet)) {
        all.push_back(*Sent::from(packet.bytes()));
        packet = pool.take();
    }
    return all;
}

void with_timestamps(Peer& peer) {
    peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
}

TEST(Snapshot, OfAFreshConnectionSendsTheSameFirstSegment) {
    for (const bool timestamps : {false, true}) {
        for (const bool scaling : {false, true}) {
            Peer peer;
            if (timestamps) with_timestamps(peer);
            if (!scaling) peer.syn_options.window_scale.reset();
            peer.establish();
            ASSERT_TRUE(peer.connection->is_established_and_idle());
            Connection target = moved(*peer.connection, peer.config, peer.now, peer.now);
            EXPECT_TRUE(all_sent(target, peer.pool, peer.now).empty()) << "it owes nothing";
            EXPECT_FALSE(target.poll_deadline());
            EXPECT_FALSE(target.poll_event());
            const std::vector<std::uint8_t> answer(20'000, 'a');
            target.send(answer);
            peer.connection->send(answer);
            const auto expected = all_sent(*peer.connection, peer.pool, peer.now);
            EXPECT_EQ(all_sent(target, peer.pool, peer.now), expected);
            EXPECT_EQ(expected.size(), 10U);
        }
    }
}

TEST(Snapshot, ContinuesTheTimestampsOnAnotherClock) {
    Peer peer;
    with_timestamps(peer);
    peer.establish();
    peer.now = peer.now + Duration::seconds(3);
    for (const std::int64_t clock_ms : {std::int64_t{0}, std::int64_t{5'000'000'000}}) {
        const Instant there = Instant::from_nanoseconds(clock_ms * 1'000'000);
        Connection target = moved(*peer.connection, peer.config, peer.now, there);
        const std::vector<std::uint8_t> byte(1);
        target.send(byte);
        auto sent = all_sent(target, peer.pool, there + Duration::milliseconds(7));
        EXPECT_EQ(sent[0].options.timestamps->value, 12'345U + 4'000U + 7U);
        EXPECT_EQ(sent[0].options.timestamps->echo, 7'001'000U);
    }
}

TEST(Snapshot, ExportedAgainIsTheSameBlock) {
    Peer peer;
    with_timestamps(peer);
    peer.establish();
    peer.send(30'000);
    peer.drain();
    peer.pass(Duration::milliseconds(37));
    peer.give_next("unread");
    peer.drain();
    const auto now = peer.now;
    const ControlBlock first = peer.connection->export_block(7, now);
    EXPECT_EQ(first.epoch, 7U);
    EXPECT_EQ(first.send_queue, 15'520U);
    EXPECT_EQ(first.receive_queue, 6U);
    EXPECT_GT(first.smoothed_rtt, 0U);
    const Instant there = Instant::from_nanoseconds(900'000'000'000'000);
    const Connection target = moved(*peer.connection, peer.config, now, there);
    EXPECT_EQ(comparable(target.export_block(8, there)), comparable(first));
}

TEST(Snapshot, SwitchesNoOptionOn) {
    Peer peer;
    peer.syn_options = {};
    peer.establish();
    const ControlBlock block = peer.connection->export_block(1, peer.now);
    EXPECT_EQ(block.flags, static_cast<std::uint16_t>(BlockFlag::NoDelay));
    EXPECT_EQ(block.timestamp_value, 0U);
    EXPECT_EQ(block.mss, 536);
    Connection target = moved(*peer.connection, peer.config, peer.now, peer.now);
    EXPECT_FALSE(target.negotiated().has_timestamps());
    EXPECT_FALSE(target.negotiated().has_scaling());
    EXPECT_FALSE(target.negotiated().sack_permitted);
}

TEST(Snapshot, NeedsBothBitsOfAnOption) {
    Peer peer;
    with_timestamps(peer);
    peer.establish();
    ControlBlock block = peer.connection->export_block(1, peer.now);
    EXPECT_TRUE(block.timestamps_on());
    EXPECT_TRUE(block.scaling_on());
    block.flags = static_cast<std::uint16_t>(
        block.flags & ~static_cast<unsigned>(BlockFlag::RequestedTimestamps));
    EXPECT_FALSE(Connection::import_block(peer.config, peer.local, block, peer.now))
        << "a timestamp that was not negotiated is not zero (TCB-1)";
    block.timestamp_value = block.recent_timestamp = block.recent_timestamp_age_ms = 0;
    const auto target = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(target);
    EXPECT_FALSE(target->negotiated().has_timestamps());
}

TEST(Snapshot, IsRefusedWhereItsWindowOrItsQueuesHaveNoRoom) {
    Peer peer;
    peer.establish();
    const ControlBlock block = peer.connection->export_block(1, peer.now);
    Config small = peer.config;
    small.receive_buffer_max = 50'000;
    const auto refused = Connection::import_block(small, peer.local, block, peer.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), ImportError::NoRoom);
    peer.send(5'000);
    small = peer.config;
    small.send_buffer_max = 4'999;
    const Snapshot queued = peer.connection->export_snapshot(1, peer.now);
    EXPECT_EQ(Connection::import_snapshot(small, peer.local, queued, peer.now).error(),
              ImportError::NoRoom);
    small.send_buffer_max = 5'000;
    EXPECT_TRUE(Connection::import_snapshot(small, peer.local, queued, peer.now));
}

TEST(Snapshot, IsRefusedIfItContradictsItself) {
    Peer peer;
    peer.establish();
    ControlBlock block = peer.connection->export_block(1, peer.now);
    block.send_next = block.send_max + 1;
    const auto refused = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), ImportError::Malformed);
}

TEST(Snapshot, WithAPathMtuBelowTheFloorSendsSegmentsOfTheFloor) {
    Peer peer;
    peer.establish();
    for (const std::uint16_t path_mtu : std::vector<std::uint16_t>{1, 39, 40, 68, 551, 552, 553}) {
        ControlBlock block = peer.connection->export_block(1, peer.now);
        block.path_mtu = path_mtu;
        auto target =
            Connection::import_block(peer.config, peer.connection->identity(), block, peer.now);
        ASSERT_TRUE(target);
        target->send(std::vector<std::uint8_t>(2'000, 'a'));
        const auto sent = all_sent(*target, peer.pool, peer.now);
        ASSERT_FALSE(sent.empty());
        EXPECT_EQ(sent[0].text.size(), std::max<std::size_t>(path_mtu, 552) - 40) << path_mtu;
        EXPECT_EQ(target->export_block(2, peer.now).path_mtu, path_mtu) << "TCB-3";
    }
}

TEST(Snapshot, WithAWindowThatNoPeerCanOfferGoesOn) {
    Peer peer;
    peer.establish();
    ControlBlock block = peer.connection->export_block(1, peer.now);
    block.send_window = block.send_window_max = 0xFFFF'FFFF;
    auto imported = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(imported);
    peer.connection.emplace(std::move(*imported));
    EXPECT_EQ(peer.give_next("text"), std::nullopt);
    peer.pass(Duration::milliseconds(40));
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, peer.heard);
    EXPECT_EQ(sent[0].acknowledgment, peer.next);
}

TEST(Snapshot, OfABaseDeviceStartsFresh) {
    Peer peer;
    peer.establish();
    ControlBlock block = peer.connection->export_block(1, peer.now);
    block.version = 0;
    block.congestion_window = block.slow_start_threshold = 0;
    // Pointers of its own, which announce nothing.
    block.out_of_order_ranges = block.sack_ranges = 0xC0DE;
    block.out_of_order_bytes = block.send_queue = block.receive_queue = 0xC0DE'0000;
    auto target = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(target);
    const std::vector<std::uint8_t> answer(20'000, 'a');
    target->send(answer);
    EXPECT_EQ(all_sent(*target, peer.pool, peer.now).size(), 10U);
    EXPECT_EQ(target->retransmission_timeout(), Duration::seconds(1));
}

TEST(Snapshot, OfABlockAloneNeedsABlockThatAnnouncesNoQueues) {
    Peer peer;
    peer.establish();
    peer.send(10);
    const ControlBlock block = peer.connection->export_block(1, peer.now);
    EXPECT_FALSE(Connection::check_block(peer.config, block)) << "the queue has not come yet";
    const auto refused = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), ImportError::Malformed);
}

/// Numbers of a block that no check of TCB-1 looks at, and what no connection can have made of
/// them.
struct AbsurdNumber {
    const char* name;
    SequenceNumber ControlBlock::*field;
    std::uint32_t off;  // from RCV.NXT of the block, or SND.UNA for recover and SND.WL2
};

class AbsurdNumbers : public ::testing::TestWithParam<AbsurdNumber> {};

INSTANTIATE_TEST_SUITE_P(
    Blocks, AbsurdNumbers,
    ::testing::Values(
        AbsurdNumber{"recover", &ControlBlock::recover, 1U << 30},
        AbsurdNumber{"recover", &ControlBlock::recover, 0x7FFF'FFFF},
        AbsurdNumber{"recover", &ControlBlock::recover, 0x8000'0000},
        AbsurdNumber{"recover", &ControlBlock::recover, 0xFFFF'0000},
        AbsurdNumber{"snd_wl1", &ControlBlock::window_update_sequence, 1U << 30},
        AbsurdNumber{"snd_wl1", &ControlBlock::window_update_sequence, 0x7FFF'FFFF},
        AbsurdNumber{"snd_wl1", &ControlBlock::window_update_sequence, 0x8000'0000},
        AbsurdNumber{"snd_wl2", &ControlBlock::window_update_acknowledgment, 1U << 30},
        AbsurdNumber{"snd_wl2", &ControlBlock::window_update_acknowledgment, 0x8000'0000},
        AbsurdNumber{"snd_wl1", &ControlBlock::window_update_sequence, 0x8000'FFFF},
        AbsurdNumber{"snd_wl2", &ControlBlock::window_update_acknowledgment, 0x8000'FFFF},
        AbsurdNumber{"last_ack_sent", &ControlBlock::last_acknowledgment_sent, 1U << 30},
        AbsurdNumber{"last_ack_sent", &ControlBlock::last_acknowledgment_sent, 0x7FFF'FFFF},
        AbsurdNumber{"last_ack_sent", &ControlBlock::last_acknowledgment_sent, 0x8000'0000},
        AbsurdNumber{"last_ack_sent", &ControlBlock::last_acknowledgment_sent, 0x9000'0000}),
    [](const auto& each) {
        return std::string(each.param.name) + "_" + std::to_string(each.index);
    });

TEST_P(AbsurdNumbers, NeitherStallAConnectionNorSlowItDown) {
    const AbsurdNumber& absurd = GetParam();
    Peer peer;
    peer.config.congestion_control = congestion::Algorithm::NewReno;
    with_timestamps(peer);
    peer.establish();
    peer.window = 0;
    peer.give(peer.ack());  // so that a window update is needed
    ControlBlock block = peer.connection->export_block(1, peer.now);
    const bool is_of_sending = absurd.field == &ControlBlock::recover ||
                               absurd.field == &ControlBlock::window_update_acknowledgment;
    block.*absurd.field =
        (is_of_sending ? block.send_unacknowledged : block.receive_next) + absurd.off;
    if (absurd.field == &ControlBlock::recover) block.duplicate_acks = 3;  // in fast recovery
    auto target = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(target);
    peer.connection.emplace(std::move(*target));
    // TS.Recent follows the peer from the first segment on (RFC 7323 4.3).
    peer.now = peer.now + Duration::milliseconds(5);
    const auto timestamp = peer.timestamp();
    peer.give_next("text");
    peer.pass(Duration::milliseconds(40));
    const auto sent = peer.drain();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.back().options.timestamps->echo, timestamp);

    peer.window = 60'000;
    const std::uint32_t window_before = peer.connection->congestion_window();
    peer.send(100'000);
    peer.give(peer.ack());
    for (int round = 0; round < 20; ++round) {
        peer.drain();
        peer.now = peer.now + Duration::milliseconds(20);
        peer.give(peer.ack());
    }
    EXPECT_EQ(peer.connection->send_queue_size(), 0U) << "20 round trips, no timer";
    EXPECT_GT(peer.connection->congestion_window(), window_before) << "it grows as ever";
    const ControlBlock after = peer.connection->export_block(2, peer.now);
    EXPECT_EQ(after.recover, SequenceNumber(0)) << "no episode goes on";
}

}  // namespace
}  // namespace shunt::tcp
