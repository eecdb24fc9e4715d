// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.1 to 3.4 demands of headers and options, on a connection that is alive;
// docs/rfc9293.md names the requirements.
#include <gtest/gtest.h>

#include <string>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;

/// A segment of the peer whose option list is these bytes, a multiple of 4.
Packet with_options(Peer& peer, const wire::TcpHeader& header, ByteView options,
                    std::string_view text) {
    Packet packet = peer.make(header, std::string(options.begin(), options.end()).append(text));
    const MutableBytes segment = packet.mutable_bytes().subspan(wire::kIpv4HeaderSize);
    const std::uint16_t before = load_u16(segment, 12);
    const auto words = static_cast<unsigned>(options.size() / 4);
    const auto after = static_cast<std::uint16_t>(before + (words << 12));
    store_u16(segment, 12, after);
    store_u16(segment, 16, wire::update_checksum(load_u16(segment, 16), before, after));
    return packet;
}

TEST(Rfc9293Header, TheWindowIsAnUnsignedNumber) {
    for (const unsigned window : {0x7FFFU, 0x8000U, 0xFFFFU}) {
        Peer peer;
        peer.window = static_cast<std::uint16_t>(window);
        peer.syn_options.window_scale.reset();
        peer.establish();
        peer.send(10'000);
        std::size_t sent = 0;
        for (const auto& segment : peer.drain())
            sent += segment.text.size();
        EXPECT_EQ(sent, 10'000U) << window;
    }
}

TEST(Rfc9293Header, AnyOptionListMayComeWithAnySegment) {
    const char* const lists[] = {
        "01 01 01 00",                    // padding alone
        "FE 04 AA BB",                    // an unknown kind
        "01 FE 03 AA FD 02 01 00",        // unknown ones on odd octets
        "01 08 0A 00000001 00000000 00",  // timestamps that nobody agreed on, on an odd octet
        "02 04 05 B4",                    // a MSS where none belongs
        "03 03 0E 00",                    // a window scale, too
        "00 FF FF FF",                    // an end, and no zeros behind it
        "FE 00 AA BB",                    // lengths that cannot be
        "FE 01 AA BB",
        "FE 28 AA BB",
        "01 01 01 FE",
    };
    for (const char* const list : lists) {
        const auto options = wire::test::from_hex(list);
        Peer peer;
        peer.open();
        peer.drain();
        EXPECT_EQ(peer.give(with_options(peer, peer.ack(), options, {})), std::nullopt) << list;
        EXPECT_EQ(peer.connection->state(), State::Established) << list;
        EXPECT_EQ(peer.give(with_options(peer, peer.ack(), options, "text")), std::nullopt);
        peer.next = peer.next + 4;
        EXPECT_EQ(peer.connection->receive_queue_size(), 4U) << list;
        wire::TcpHeader fin = peer.ack();
        fin.flags.fin = true;
        EXPECT_EQ(peer.give(with_options(peer, fin, options, {})), std::nullopt) << list;
        EXPECT_EQ(peer.connection->state(), State::CloseWait) << list;
        EXPECT_EQ(peer.connection->negotiated().send_scale, 2) << list;
        EXPECT_EQ(peer.connection->negotiated().maximum_segment, 1'460) << list;
    }
}

/// Options of every kind, in segments of every kind: with losses, out of order, to the end.
void run_to_the_end(Pair& pair) {
    pair.plan = [](std::size_t, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = index % 7 == 5};
    };
    pair.sides[0].wanted = pair.sides[1].wanted = 100'000;
    pair.sides[0].closes = pair.sides[1].closes = true;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_closed(); }));
}

TEST(Rfc9293Header, SynsHaveTheMssAndNothingElseHas) {
    Pair pair;
    run_to_the_end(pair);
    for (const auto& side : pair.sides) {
        for (const auto& packet : side.sent) {
            const auto segment = wire::TcpView::parse(*wire::Ipv4View::parse(packet));
            EXPECT_EQ(segment->options().mss.has_value(), segment->flags().syn);
        }
    }
}

TEST(Rfc9293Header, OptionListsAreFullAndNeedNoPadding) {
    Pair pair;
    run_to_the_end(pair);
    for (const auto& side : pair.sides) {
        for (const auto& packet : side.sent) {
            const auto ip = wire::Ipv4View::parse(packet);
            const std::size_t end = wire::TcpView::parse(*ip)->header_size();
            const ByteView header = ip->payload().first(end);
            std::size_t at = wire::kTcpHeaderSize;
            while (at < end && header[at] != 0) {
                if (header[at] == 1) {
                    ++at;
                    continue;
                }
                ASSERT_LT(at + 1, end);
                ASSERT_GE(header[at + 1], 2) << "all but NOP have a length";
                at += header[at + 1];
            }
            ASSERT_EQ(at, end) << "no end of list, and nothing behind it";
        }
    }
}

TEST(Rfc9293Header, TheMssIsThatOfTheSmallestMtuOnTheWayOfASegment) {
    // At MTU 1,500; a segment that is forwarded to another server has a header more (FRM-9).
    const Config config;
    EXPECT_LE(config.advertised_mss + wire::kIpv4HeaderSize + wire::kTcpHeaderSize +
                  wire::kEncapsulationHeaderSize,
              config.mtu);
    Peer peer;
    peer.open();
    EXPECT_EQ(peer.drain()[0].options.mss, config.advertised_mss);
}

TEST(Rfc9293Header, TextOfAResetIsNoReasonToMissIt) {
    for (const std::uint32_t room : {100'000U, 3U}) {
        Peer peer;
        peer.config.receive_buffer_max = room;
        peer.establish();
        peer.give_next("abc");
        peer.drain();
        peer.pass(Duration::milliseconds(40));
        const auto sent = peer.drain();
        ASSERT_EQ(sent.size(), 1U);
        ASSERT_EQ(sent[0].window == 0, room == 3);
        EXPECT_EQ(peer.give(peer.reset(peer.next + 1), "why"), Counter::DropTcpReset);
        EXPECT_EQ(peer.give(peer.reset(peer.next - 1), "why"), Counter::DropTcpReset);
        EXPECT_FALSE(peer.connection->is_closed());
        EXPECT_EQ(peer.give(peer.reset(peer.next), "why"), std::nullopt);
        EXPECT_TRUE(peer.connection->is_closed());
    }
}

TEST(Rfc9293Header, AClosedWindowIsOpenForUrgentPointers) {
    Peer peer;
    peer.config.receive_buffer_max = 3;
    peer.establish();
    peer.give_next("abc");
    peer.drain();
    peer.events();
    wire::TcpHeader urgent = peer.ack();
    urgent.flags.urgent = true;
    urgent.urgent_pointer = 5;
    EXPECT_EQ(peer.give(urgent, "d"), std::nullopt);
    EXPECT_EQ(peer.connection->receive_queue_size(), 3U) << "there is no room for the octet";
    EXPECT_EQ(peer.events(), std::vector{Event::Urgent});
    EXPECT_EQ(peer.connection->urgent_unread(), 8U);
}

}  // namespace
}  // namespace shunt::tcp
