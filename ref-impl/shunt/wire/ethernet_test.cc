// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ethernet.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kFrame = from_hex("020700000001 020700000009 88B5 CAFE");

TEST(EthernetTest, ReadsEveryField) {
    const auto view = EthernetView::parse(kFrame);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->destination(), MacAddress({2, 7, 0, 0, 0, 1}));
    EXPECT_EQ(view->source(), MacAddress({2, 7, 0, 0, 0, 9}));
    EXPECT_EQ(view->type(), 0x88B5);
    EXPECT_EQ(to_hex(view->payload()), "ca fe");
}

TEST(EthernetTest, WritesWhatItReads) {
    PacketPool pool;
    Packet packet = pool.copy(from_hex("CAFE"));
    EthernetHeader{.destination = MacAddress({2, 7, 0, 0, 0, 1}),
                   .source = MacAddress({2, 7, 0, 0, 0, 9}),
                   .type = kEtherTypeEncapsulation}
        .prepend_to(packet);
    EXPECT_EQ(to_hex(packet.bytes()), to_hex(kFrame));
}

TEST(EthernetTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kEthernetHeaderSize; ++size) {
        const auto view = EthernetView::parse(ByteView(kFrame).first(size));
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), Counter::DropEthernetTruncated);
    }
    const auto bare = EthernetView::parse(ByteView(kFrame).first(kEthernetHeaderSize));
    ASSERT_TRUE(bare);
    EXPECT_TRUE(bare->payload().empty());
}

TEST(EthernetTest, EveryTypeIsReadAsItIs) {
    for (unsigned type = 0; type <= 0xFFFF; ++type) {
        const Bytes frame = test::with_u16(kFrame, 12, static_cast<std::uint16_t>(type));
        const auto view = EthernetView::parse(frame);
        ASSERT_TRUE(view);
        ASSERT_EQ(view->type(), type);
        ASSERT_EQ(view->payload().size(), 2U);
    }
}

}  // namespace
}  // namespace shunt::wire
