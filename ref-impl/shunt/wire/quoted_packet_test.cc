// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/quoted_packet.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;

// The first 28 bytes of a TCP packet of 1,500 from 10.7.1.1:80 to 10.7.0.9:4711.
const Bytes kQuote = from_hex("450005DC 00070000 3F060000 0A070101 0A070009 0050 1267 0A0B0C0D");

bool is_taken(const Bytes& bytes) {
    const auto view = QuotedPacketView::parse(bytes);
    EXPECT_TRUE(view || view.error() == Counter::DropIcmpQuote);
    return static_cast<bool>(view);
}

TEST(QuotedPacketTest, ReadsEveryFieldOfACutPacket) {
    const auto view = QuotedPacketView::parse(kQuote);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->protocol(), IpProtocol::Tcp);
    EXPECT_EQ(view->source(), Ipv4Address(10, 7, 1, 1));
    EXPECT_EQ(view->destination(), Ipv4Address(10, 7, 0, 9));
    EXPECT_EQ(view->source_port(), 80);
    EXPECT_EQ(view->destination_port(), 4711);
    EXPECT_EQ(view->sequence(), SequenceNumber(0x0A0B0C0D));
}

TEST(QuotedPacketTest, PortsLieBehindTheOptions) {
    Bytes bytes = kQuote;
    bytes.insert(bytes.begin() + 20, {1, 1, 1, 0});
    bytes[0] = 0x46;
    const auto view = QuotedPacketView::parse(bytes);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source_port(), 80);
}

TEST(QuotedPacketTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kQuote.size(); ++size)
        EXPECT_FALSE(is_taken(test::cut(kQuote, kQuote.size() - size))) << size;
    EXPECT_TRUE(is_taken(kQuote));
    EXPECT_TRUE(is_taken(test::followed_by(kQuote, Bytes(500, 1))));
}

TEST(QuotedPacketTest, RefusesOtherVersionsHeaderLengthsAndLaterFragments) {
    for (unsigned first = 0; first <= 0xFF; ++first)
        EXPECT_EQ(is_taken(test::with_byte(kQuote, 0, static_cast<std::uint8_t>(first))),
                  first == 0x45)
            << first;
    EXPECT_TRUE(is_taken(test::with_u16(kQuote, 6, 0x2000)));
    EXPECT_FALSE(is_taken(test::with_u16(kQuote, 6, 0x0001)));
    EXPECT_FALSE(is_taken(test::with_u16(kQuote, 6, 0x1FFF)));
}

}  // namespace
}  // namespace shunt::wire
