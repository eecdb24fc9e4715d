// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/snapshot_blob.hh"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "shunt/tcp/testing/pair.hh"

namespace shunt::migrate::blob {
namespace {

using tcp::Connection;
using tcp::Snapshot;
using tcp::testing::Pair;

const wire::BlobMapping kMapping{
    .flow = wire::FlowId(0xABCD'1234), .tuple = {}, .forwarder = wire::Ipv4Address(10, 8, 0, 1)};

Snapshot carried(const Snapshot& snapshot) {
    const auto bytes = SnapshotBlob(kMapping, snapshot).written();
    const auto view = wire::BlobView::parse(bytes);
    EXPECT_TRUE(view);
    return snapshot_of(*view);
}

void establish(Pair& pair) {
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
}

// What a blob has of a snapshot: of the fine state congestion control alone.
Snapshot as_blob_has_it(Snapshot snapshot) {
    if (snapshot.fine) {
        snapshot.congestion = {.algorithm = snapshot.fine->algorithm,
                               .cubic = snapshot.fine->cubic};
    }
    snapshot.fine.reset();
    return snapshot;
}

TEST(SnapshotBlob, WhatIsExportedComesOutOfTheBlob) {
    Pair pair;
    std::size_t index = 0;
    pair.plan = [&index](std::size_t, std::size_t, const wire::TcpView& segment) {
        tcp::testing::Fate fate{};
        fate.is_lost = !segment.payload().empty() && ++index % 4 == 0;
        return fate;
    };
    for (auto& side : pair.sides)
        side.wanted = 400'000;
    establish(pair);
    std::size_t ranges = 0;
    std::size_t reported = 0;
    std::size_t blobs = 0;
    for (int step = 0; step < 400 && !pair.all_read(); ++step) {
        if (!pair.step(pair.now + Duration::seconds(5))) break;
        pair.sides[1].reads = step % 20 > 10;
        if (!pair.both_established()) continue;
        for (std::size_t side = 0; side < 2; ++side) {
            const Snapshot snapshot = pair[side].export_snapshot(1, pair.now);
            const Snapshot arrived = carried(snapshot);
            ASSERT_EQ(arrived, as_blob_has_it(snapshot));
            ASSERT_FALSE(arrived.fault());
            ranges += arrived.out_of_order.size();
            reported += arrived.scoreboard.size();
            ++blobs;
        }
    }
    EXPECT_GT(blobs, 100U);
    EXPECT_GT(ranges, 0U) << "something was out of order";
    EXPECT_GT(reported, 0U) << "something was reported";
}

// The moved connection goes on to the end of both streams, byte for byte.
TEST(SnapshotBlob, AConnectionGoesOnBehindIt) {
    Pair pair;
    for (auto& side : pair.sides)
        side.wanted = 4'000'000;
    establish(pair);
    ASSERT_TRUE(pair.run_until([&] { return pair.sides[0].read > 50'000; }));
    for (int move = 0; move < 5; ++move) {
        tcp::testing::Side& side = pair.sides[1];
        const Snapshot arrived = carried(pair[1].export_snapshot(1, pair.now));
        auto imported =
            Connection::import_snapshot(side.config, pair[1].identity(), arrived, pair.now);
        ASSERT_TRUE(imported);
        side.connection.emplace(std::move(*imported));
        const std::uint64_t goal = pair.sides[0].read + 20'000;
        ASSERT_TRUE(pair.run_until([&] { return pair.sides[0].read >= goal; }));
    }
    for (auto& side : pair.sides)
        side.closes = true;
    pair.settle();
    EXPECT_TRUE(pair.run_until([&] { return pair.both_closed(); }));
    EXPECT_TRUE(pair.all_read());
    EXPECT_TRUE(pair.sides[0].is_content_right && pair.sides[1].is_content_right);
    EXPECT_TRUE(pair.is_wire_clean);
}

TEST(SnapshotBlob, TheIpLayersStateComesWithIt) {
    Pair pair;
    pair.sides[1].config.time_to_live = 17;
    establish(pair);
    pair[1].set_differentiated_services(46);
    pair[1].send(std::vector<std::uint8_t>(100, 1));
    pair.settle();
    const auto before = wire::Ipv4View::parse(pair.sides[1].sent.back());
    const Snapshot arrived = carried(pair[1].export_snapshot(1, pair.now));
    tcp::Config elsewhere = pair.sides[1].config;
    elsewhere.time_to_live = 64;
    auto imported = Connection::import_snapshot(elsewhere, pair[1].identity(), arrived, pair.now);
    ASSERT_TRUE(imported && before);
    imported->send(std::vector<std::uint8_t>(3'000, 1));
    Packet packet = pair.pool.take();
    ASSERT_TRUE(imported->poll_transmit(pair.now, packet));
    const auto next = wire::Ipv4View::parse(packet.bytes());
    ASSERT_TRUE(next);
    EXPECT_EQ(next->ttl(), 17);
    EXPECT_EQ(next->type_of_service() >> 2, 46);
    EXPECT_EQ(next->identification(), static_cast<std::uint16_t>(before->identification() + 1));
}

TEST(SnapshotBlob, AConnectionIsNotMadeDeafByATimeToLiveOfZero) {
    Pair pair;
    establish(pair);
    Snapshot arrived = carried(pair[1].export_snapshot(1, pair.now));
    arrived.ip->time_to_live = 0;
    auto imported =
        Connection::import_snapshot(pair.sides[1].config, pair[1].identity(), arrived, pair.now);
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->export_snapshot(2, pair.now).ip->time_to_live, 64);
}

TEST(SnapshotBlob, CongestionControlGoesOnWhereItWas) {
    Pair pair;
    for (auto& side : pair.sides)
        side.wanted = 2'000'000;
    std::size_t index = 0;
    pair.plan = [&index](std::size_t, std::size_t, const wire::TcpView& segment) {
        tcp::testing::Fate fate{};
        fate.is_lost = !segment.payload().empty() && ++index % 300 == 0;
        return fate;
    };
    establish(pair);
    ASSERT_TRUE(pair.run_until([&] { return pair.sides[0].read > 900'000; }));
    const Snapshot snapshot = pair[1].export_snapshot(1, pair.now);
    ASSERT_TRUE(snapshot.fine->cubic);
    ASSERT_GT(snapshot.fine->cubic->window_max, 0U) << "there were losses";
    auto imported = Connection::import_snapshot(pair.sides[1].config, pair[1].identity(),
                                                carried(snapshot), pair.now);
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->fine_state(pair.now).congestion, pair[1].fine_state(pair.now).congestion);
}

// A blob that is passed on before anything of it was used says the same.
TEST(SnapshotBlob, WhatCameOutGoesInAgain) {
    Pair pair;
    establish(pair);
    const Snapshot arrived = carried(pair[1].export_snapshot(1, pair.now));
    ASSERT_TRUE(arrived.congestion);
    EXPECT_EQ(carried(arrived), arrived);
}

TEST(SnapshotBlob, ThePathMtuIsTheBlocksOrElseTheIpLayers) {
    Pair pair;
    establish(pair);
    Snapshot snapshot = pair[1].export_snapshot(1, pair.now);
    snapshot.ip->path_mtu = 1'300;
    snapshot.block.path_mtu = 0;
    EXPECT_EQ(carried(snapshot).block.path_mtu, 1'300);
    snapshot.block.path_mtu = 1'400;
    EXPECT_EQ(carried(snapshot).block.path_mtu, 1'400);
    const auto imported = Connection::import_snapshot(pair.sides[1].config, pair[1].identity(),
                                                      carried(snapshot), pair.now);
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->export_snapshot(2, pair.now).ip->path_mtu, 1'400);
}

TEST(SnapshotBlob, AContextIsThereIfTheBlockSaysSo) {
    Pair pair;
    establish(pair);
    Snapshot snapshot = pair[1].export_snapshot(1, pair.now);
    snapshot.block.set(wire::BlockFlag::Context);
    for (const std::size_t size : {0U, 1U, 5'000U}) {
        snapshot.context.assign(size, 7);
        EXPECT_EQ(carried(snapshot), as_blob_has_it(snapshot)) << size;
    }
}

// Ranges of which the blob alone cannot say that they are wrong.
TEST(SnapshotBlob, RangesThatLieWrongAreRefusedOnTheWayIn) {
    Pair pair;
    establish(pair);
    Snapshot snapshot = pair[1].export_snapshot(1, pair.now);
    snapshot.block.out_of_order_ranges = 1;
    snapshot.block.out_of_order_bytes = 10;
    for (const std::uint32_t offset : {0U, 0xFFFF'FFF0U, 0x4000'0000U}) {
        snapshot.out_of_order = {{.offset = offset, .bytes = std::vector<std::uint8_t>(10)}};
        const auto imported = Connection::import_snapshot(pair.sides[1].config, pair[1].identity(),
                                                          carried(snapshot), pair.now);
        ASSERT_FALSE(imported);
        EXPECT_EQ(imported.error(), tcp::ImportError::Malformed) << offset;
    }
    snapshot.out_of_order = {{.offset = 1, .bytes = std::vector<std::uint8_t>(10)}};
    EXPECT_TRUE(Connection::import_snapshot(pair.sides[1].config, pair[1].identity(),
                                            carried(snapshot), pair.now));
}

}  // namespace
}  // namespace shunt::migrate::blob
