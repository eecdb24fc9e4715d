// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/missing_ranges.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::followed_by;
using test::from_hex;

const Bytes kId = from_hex("0a070101 0050 00001388 00000007");

Packet make_frame(PacketPool& pool, const Bytes& ranges) {
    const Bytes counted = followed_by(kId, ranges);
    Bytes payload(2);
    store_u16(payload, 0, static_cast<std::uint16_t>(counted.size()));
    Packet packet = pool.copy(followed_by(payload, counted));
    EncapsulationHeader{.type = EncapsulationType::Missing}.prepend_to(packet);
    return packet;
}

TEST(MissingRanges, AreReadInTheirOrder) {
    PacketPool pool;
    const Packet packet = make_frame(pool, from_hex("01 00000010 00000020  04 00000001 ffffffff"));
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
    ASSERT_TRUE(view);
    const auto missing = MissingRanges::parse(*view);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->id().epoch, 7U);
    ASSERT_EQ(missing->size(), 2U);
    EXPECT_EQ((*missing)[0], (MissingRange{EndpointQueue::Send, 0x10, 0x20}));
    EXPECT_EQ((*missing)[1], (MissingRange{EndpointQueue::SackScoreboard, 1, 0xFFFFFFFF}));
}

TEST(MissingRanges, AreWrittenAsTheyAreRead) {
    PacketPool pool;
    Packet written = pool.take();
    const std::vector<MissingRange> ranges{{EndpointQueue::Send, 0x10, 0x20},
                                           {EndpointQueue::SackScoreboard, 1, 0xFFFFFFFF}};
    MissingRanges::append_to(written, MigrationId::load(kId, 0), ranges);
    EXPECT_EQ(test::to_hex(written.bytes()),
              test::to_hex(followed_by(
                  from_hex("0020"),
                  followed_by(kId, from_hex("01 00000010 00000020  04 00000001 ffffffff")))));
}

TEST(MissingRanges, AreOneToThirtyTwo) {
    PacketPool pool;
    for (const std::size_t count : {0U, 1U, 32U, 33U}) {
        Bytes ranges;
        for (std::size_t i = 0; i < count; ++i)
            ranges = followed_by(ranges, from_hex("02 00000000 00000001"));
        const Packet packet = make_frame(pool, ranges);
        const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
        EXPECT_EQ(static_cast<bool>(view), count == 1 || count == 32) << count;
        if (!view) {
            EXPECT_EQ(view.error(), Counter::DropEncapsulationLength) << count;
        }
    }
}

TEST(MissingRanges, AreRefusedIfOneIsOfNoQueue) {
    PacketPool pool;
    for (const char* second : {"00 00000000 00000001", "07 00000000 00000001"}) {
        const Packet packet =
            make_frame(pool, followed_by(from_hex("01 00000000 00000001"), from_hex(second)));
        const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
        ASSERT_TRUE(view);
        const auto missing = MissingRanges::parse(*view);
        ASSERT_FALSE(missing);
        EXPECT_EQ(missing.error(), Counter::DropEncapsulationPayload);
    }
}

}  // namespace
}  // namespace shunt::wire
