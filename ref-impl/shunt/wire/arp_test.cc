// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/arp.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

// 10.7.0.101 asks who has 10.7.0.9.
const Bytes kRequest = from_hex("0001 0800 06 04 0001 020700000001 0A070065 000000000000 0A070009");

TEST(ArpTest, ReadsEveryField) {
    const auto view = ArpView::parse(kRequest);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->operation(), ArpOperation::Request);
    EXPECT_EQ(view->sender_mac(), MacAddress({2, 7, 0, 0, 0, 1}));
    EXPECT_EQ(view->sender_ip(), Ipv4Address(10, 7, 0, 101));
    EXPECT_EQ(view->target_mac(), MacAddress());
    EXPECT_EQ(view->target_ip(), Ipv4Address(10, 7, 0, 9));
}

TEST(ArpTest, WritesWhatItReads) {
    PacketPool pool;
    Packet packet = pool.take();
    ArpMessage{.operation = ArpOperation::Request,
               .sender_mac = MacAddress({2, 7, 0, 0, 0, 1}),
               .sender_ip = Ipv4Address(10, 7, 0, 101),
               .target_mac = MacAddress(),
               .target_ip = Ipv4Address(10, 7, 0, 9)}
        .prepend_to(packet);
    EXPECT_EQ(to_hex(packet.bytes()), to_hex(kRequest));
}

TEST(ArpTest, AReplyIsTheOtherOperation) {
    const Bytes reply = test::with_u16(kRequest, 6, 2);
    const auto view = ArpView::parse(reply);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->operation(), ArpOperation::Reply);
}

TEST(ArpTest, RefusesEveryTruncationAndTakesPadding) {
    for (std::size_t size = 0; size < kArpSize; ++size) {
        const auto view = ArpView::parse(ByteView(kRequest).first(size));
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), Counter::DropArpMalformed);
    }
    EXPECT_TRUE(ArpView::parse(test::followed_by(kRequest, Bytes(18, 0))));
}

TEST(ArpTest, RefusesOtherHardwareProtocolsAndAddressLengths) {
    for (std::size_t offset = 0; offset < 6; ++offset) {
        for (unsigned value = 0; value <= 0xFF; ++value) {
            if (value == kRequest[offset]) continue;
            const Bytes bytes = test::with_byte(kRequest, offset, static_cast<std::uint8_t>(value));
            const auto view = ArpView::parse(bytes);
            ASSERT_FALSE(view) << to_hex(bytes);
            EXPECT_EQ(view.error(), Counter::DropArpMalformed);
        }
    }
}

}  // namespace
}  // namespace shunt::wire
