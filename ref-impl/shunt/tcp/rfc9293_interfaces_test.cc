// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.9 demands at the edges to application and IP; docs/rfc9293.md names the
// requirements.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "shunt/tcp/testing/peer.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

wire::Ipv4View internet_header(const Packet& packet) {
    return *wire::Ipv4View::parse(packet.bytes());
}

TEST(Rfc9293Interfaces, TheCodePointIsThatOfTheLastCallInEverySegment) {
    Peer peer;
    peer.open();
    peer.connection->set_differentiated_services(46);
    EXPECT_EQ(internet_header(peer.drain_packets().at(0)).type_of_service() >> 2, 46);
    peer.heard = Peer::kOurInitial + 1;
    peer.give(peer.ack());
    for (const std::uint8_t code_point : std::vector<std::uint8_t>{0, 1, 63}) {
        peer.connection->set_differentiated_services(code_point);
        peer.send(3'000);
        const auto sent = peer.drain_packets();
        ASSERT_EQ(sent.size(), 3U);
        for (const Packet& packet : sent)
            EXPECT_EQ(internet_header(packet).type_of_service() >> 2, code_point);
    }
    EXPECT_EQ(peer.give(peer.at(peer.next - 1), "a"), Counter::DropTcpWindow);
    EXPECT_EQ(internet_header(peer.drain_packets().at(0)).type_of_service() >> 2, 63);
}

TEST(Rfc9293Interfaces, TheTimeToLiveIsConfigured) {
    for (const std::uint8_t configured : std::vector<std::uint8_t>{1, 64, 255}) {
        Peer peer;
        peer.config.time_to_live = configured;
        peer.open();
        EXPECT_EQ(internet_header(peer.drain_packets().at(0)).ttl(), configured);
    }
}

/// The packet with an IPv4 header that has these options too, a multiple of 4 octets.
Packet with_internet_options(Peer& peer, const Packet& packet, std::string_view options) {
    const auto bytes = wire::test::from_hex(options);
    std::vector<std::uint8_t> whole(packet.bytes().begin(), packet.bytes().end());
    whole.insert(whole.begin() + wire::kIpv4HeaderSize, bytes.begin(), bytes.end());
    const std::size_t header_size = wire::kIpv4HeaderSize + bytes.size();
    store_u8(whole, 0, static_cast<std::uint8_t>(0x40 + header_size / 4));
    store_u16(whole, 2, static_cast<std::uint16_t>(whole.size()));
    store_u16(whole, 10, 0);
    store_u16(whole, 10, wire::internet_checksum(ByteView(whole).first(header_size)));
    return peer.pool.copy(whole);
}

TEST(Rfc9293Interfaces, OptionsOfTheInternetHeaderAreIgnored) {
    for (const char* const options : {
             "01 01 01 00",                 // no operation, end of list
             "07 07 04 00000000 00",        // record route (RFC 791 3.1)
             "83 07 08 0A070009 00",        // loose source route, complete
             "89 07 08 0A070009 00",        // strict source route, complete
             "44 08 05 00 00000000",        // timestamp
             "9E 04 AA BB", "9E 00 AA BB",  // unknown; of a length that cannot be
             "94 04 0000",                  // router alert (RFC 2113)
         }) {
        Peer peer;
        peer.open();
        peer.drain();
        const Packet plain = peer.make(peer.ack(), "text");
        EXPECT_EQ(peer.give(with_internet_options(peer, plain, options)), std::nullopt);
        EXPECT_EQ(peer.connection->state(), State::Established) << options;
        EXPECT_EQ(peer.connection->receive_queue_size(), 4U) << options;
        peer.send(10);
        const auto sent = peer.drain_packets();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(internet_header(sent[0]).header_size(), wire::kIpv4HeaderSize);
        EXPECT_EQ(internet_header(sent[0]).destination(), peer.local.remote_address);
    }
}

}  // namespace
}  // namespace shunt::tcp
