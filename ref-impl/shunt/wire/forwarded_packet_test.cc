// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/forwarded_packet.hh"

#include <gtest/gtest.h>

#include "shunt/wire/icmp.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;
using test::with_byte;
using test::with_u16;

constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);
constexpr Ipv4Address kRouter(10, 7, 0, 1);
const Bytes kTransport = from_hex("12670050 DEADBEEF");

EncapsulationHeader header() {
    return {.source = kClient,
            .source_port = 4711,
            .destination = Ipv4Address(10, 8, 1, 2),
            .destination_port = 80,
            .type = EncapsulationType::Forwarded,
            .protocol = TransportProtocol::Tcp};
}

Ipv4Header inner_header() {
    return {.protocol = IpProtocol::Tcp, .source = kClient, .destination = kService};
}

Bytes inner_packet(const Ipv4Header& inner, const Bytes& payload = kTransport) {
    PacketPool pool;
    Packet packet = pool.copy(payload);
    inner.prepend_to(packet);
    return test::to_bytes(packet.bytes());
}

// What ForwardedPacket::parse() says of `inner` behind `outer`; kCount if it takes it.
Counter fault_of(const Bytes& inner, const EncapsulationHeader& outer = header()) {
    PacketPool pool;
    Packet packet = pool.copy(inner);
    outer.prepend_to(packet);
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Base);
    EXPECT_TRUE(view) << to_hex(packet.bytes());
    const auto forwarded = ForwardedPacket::parse(*view);
    return forwarded ? Counter::kCount : forwarded.error();
}

Bytes with_header_checksum(Bytes inner) {
    store_u16(inner, 10, 0);
    const std::uint16_t checksum = internet_checksum(ByteView(inner).first(20));
    store_u16(inner, 10, checksum);
    return inner;
}

// An ICMP error of kRouter about a packet from the service to the client (EP-26).
Bytes icmp_error(IcmpType type, const Bytes& quote) {
    PacketPool pool;
    Packet packet = pool.copy(quote);
    IcmpHeader{.type = type}.prepend_to(packet);
    Ipv4Header{.protocol = IpProtocol::Icmp, .source = kRouter, .destination = kService}.prepend_to(
        packet);
    return test::to_bytes(packet.bytes());
}

const Bytes kQuote = from_hex("450005DC 00070000 3F060000 0A070101 0A070009 0050 1267 0A0B0C0D");

TEST(ForwardedPacketTest, GivesTheClientsPacketAndItsTuple) {
    PacketPool pool;
    const Bytes inner = inner_packet(inner_header());
    Packet packet = pool.copy(inner);
    header().prepend_to(packet);
    packet.append(Bytes(30, 0xEE));
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Base);
    ASSERT_TRUE(view);
    const auto forwarded = ForwardedPacket::parse(*view);
    ASSERT_TRUE(forwarded);
    EXPECT_EQ(to_hex(forwarded->packet().packet()), to_hex(inner));
    EXPECT_EQ(forwarded->tuple().to_string(), "10.7.0.9:4711>10.7.1.1:80/tcp");
    EXPECT_FALSE(forwarded->is_icmp_error());
}

TEST(ForwardedPacketTest, TheInnerHeaderIsWhole) {
    const Bytes inner = inner_packet(inner_header());
    EXPECT_EQ(fault_of(inner), Counter::kCount);
    for (unsigned first = 0; first <= 0xFF; ++first) {
        if (first == 0x45) continue;
        EXPECT_EQ(fault_of(with_byte(inner, 0, static_cast<std::uint8_t>(first))),
                  Counter::DropEncapsulationInnerHeader)
            << first;
    }
    for (const std::uint16_t length : std::vector<std::uint16_t>{0, 1, 19}) {
        EXPECT_EQ(fault_of(with_header_checksum(with_u16(inner, 2, length))),
                  Counter::DropEncapsulationInnerHeader)
            << length;
    }
    EXPECT_EQ(fault_of(with_byte(inner, 10, inner[10] ^ 1)), Counter::DropEncapsulationInnerHeader);
}

TEST(ForwardedPacketTest, TheInnerProtocolIsTheHeaders) {
    for (unsigned protocol = 0; protocol <= 0xFF; ++protocol) {
        Ipv4Header inner = inner_header();
        inner.protocol = static_cast<IpProtocol>(protocol);
        EXPECT_EQ(fault_of(inner_packet(inner)),
                  protocol == 6 ? Counter::kCount : Counter::DropEncapsulationInnerProtocol)
            << protocol;
    }
    EncapsulationHeader udp = header();
    udp.protocol = TransportProtocol::Udp;
    EXPECT_EQ(fault_of(inner_packet(inner_header()), udp), Counter::DropEncapsulationInnerProtocol);
}

TEST(ForwardedPacketTest, TheInnerSourceIsTheHeaders) {
    EncapsulationHeader outer = header();
    outer.source = Ipv4Address(10, 7, 0, 8);
    EXPECT_EQ(fault_of(inner_packet(inner_header()), outer), Counter::DropEncapsulationInnerSource);
    outer = header();
    outer.source_port = 4712;
    EXPECT_EQ(fault_of(inner_packet(inner_header()), outer), Counter::DropEncapsulationInnerSource);
    EXPECT_EQ(fault_of(inner_packet(inner_header(), from_hex("12"))),
              Counter::DropEncapsulationInnerSource);
}

TEST(ForwardedPacketTest, TheInnerDestinationPortIsTheHeaders) {
    EncapsulationHeader outer = header();
    outer.destination_port = 81;
    EXPECT_EQ(fault_of(inner_packet(inner_header()), outer),
              Counter::DropEncapsulationInnerDestination);
    EXPECT_EQ(fault_of(inner_packet(inner_header(), from_hex("126700"))),
              Counter::DropEncapsulationInnerDestination);
    EXPECT_EQ(fault_of(inner_packet(inner_header(), from_hex("12670050"))), Counter::kCount);
}

TEST(ForwardedPacketTest, NoClientHasASpecialAddress) {
    for (const Ipv4Address source :
         {Ipv4Address(127, 0, 0, 1), Ipv4Address(224, 0, 0, 1), Ipv4Address(239, 255, 255, 255),
          Ipv4Address(255, 255, 255, 255), Ipv4Address(0, 0, 0, 0), kService}) {
        Ipv4Header inner = inner_header();
        inner.source = source;
        EncapsulationHeader outer = header();
        outer.source = source;
        EXPECT_EQ(fault_of(inner_packet(inner), outer), Counter::DropEncapsulationInnerSource)
            << source.to_string();
    }
}

TEST(ForwardedPacketTest, OfAFragmentTheAddressesAloneAreCompared) {
    const Bytes no_ports = from_hex("AAAAAAAA BBBBBBBB");
    for (const std::size_t offset : {0U, 8U, 0x1FFFU * 8}) {
        Ipv4Header inner = inner_header();
        inner.more_fragments = offset == 0;
        inner.fragment_offset = offset;
        EXPECT_EQ(fault_of(inner_packet(inner, no_ports)), Counter::kCount) << offset;
        inner.source = Ipv4Address(10, 7, 0, 8);
        EXPECT_EQ(fault_of(inner_packet(inner, no_ports)), Counter::DropEncapsulationInnerSource);
        inner = inner_header();
        inner.fragment_offset = 8;
        inner.protocol = IpProtocol::Udp;
        EXPECT_EQ(fault_of(inner_packet(inner, no_ports)), Counter::DropEncapsulationInnerProtocol);
    }
}

TEST(ForwardedPacketTest, OfTwoFaultsTheEarlierCheckNamesTheCounter) {
    const Bytes inner = inner_packet(inner_header());
    EncapsulationHeader all_wrong = header();
    all_wrong.protocol = TransportProtocol::Udp;
    all_wrong.source_port = 1;
    all_wrong.destination_port = 1;
    EXPECT_EQ(fault_of(with_byte(inner, 10, inner[10] ^ 1), all_wrong),
              Counter::DropEncapsulationInnerHeader);
    EXPECT_EQ(fault_of(inner, all_wrong), Counter::DropEncapsulationInnerProtocol);
    all_wrong.protocol = TransportProtocol::Tcp;
    EXPECT_EQ(fault_of(inner, all_wrong), Counter::DropEncapsulationInnerSource);
    all_wrong.source_port = 4711;
    EXPECT_EQ(fault_of(inner, all_wrong), Counter::DropEncapsulationInnerDestination);

    Ipv4Header loopback = inner_header();
    loopback.source = Ipv4Address(127, 0, 0, 1);
    EncapsulationHeader outer = header();
    outer.source = loopback.source;
    outer.destination_port = 81;
    EXPECT_EQ(fault_of(inner_packet(loopback), outer), Counter::DropEncapsulationInnerDestination);
}

TEST(ForwardedPacketTest, AnIcmpErrorIsComparedByWhatItQuotes) {
    PacketPool pool;
    for (const IcmpType type :
         {IcmpType::DestinationUnreachable, IcmpType::TimeExceeded, IcmpType::ParameterProblem}) {
        Packet packet = pool.copy(icmp_error(type, kQuote));
        header().prepend_to(packet);
        const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Base);
        ASSERT_TRUE(view);
        const auto forwarded = ForwardedPacket::parse(*view);
        ASSERT_TRUE(forwarded);
        EXPECT_TRUE(forwarded->is_icmp_error());
        EXPECT_EQ(forwarded->tuple().to_string(), "10.7.0.9:4711>10.7.1.1:80/tcp");
    }
    EXPECT_EQ(fault_of(icmp_error(IcmpType::Echo, kQuote)),
              Counter::DropEncapsulationInnerProtocol);
}

TEST(ForwardedPacketTest, WhatAnIcmpErrorQuotesIsOfTheHeadersFlow) {
    const auto fault_of_quote = [](const Bytes& quote) {
        return fault_of(icmp_error(IcmpType::TimeExceeded, quote));
    };
    EXPECT_EQ(fault_of_quote(kQuote), Counter::kCount);
    EXPECT_EQ(fault_of_quote(test::cut(kQuote, 1)), Counter::DropEncapsulationInnerHeader);
    EXPECT_EQ(fault_of_quote(with_byte(kQuote, 9, 17)), Counter::DropEncapsulationInnerProtocol);
    EXPECT_EQ(fault_of_quote(with_byte(kQuote, 19, 8)), Counter::DropEncapsulationInnerSource);
    EXPECT_EQ(fault_of_quote(with_u16(kQuote, 22, 4712)), Counter::DropEncapsulationInnerSource);
    EXPECT_EQ(fault_of_quote(with_u16(kQuote, 20, 81)), Counter::DropEncapsulationInnerDestination);
}

TEST(ForwardedPacketTest, EncapsulationInsideEncapsulationIsNoClientsPacket) {
    // Nested, an encapsulation header stands where an IPv4 header belongs.
    PacketPool pool;
    Packet packet = pool.copy(inner_packet(inner_header()));
    header().prepend_to(packet);
    Bytes nested = test::to_bytes(packet.bytes());
    store_u16(nested, 2, static_cast<std::uint16_t>(nested.size()));
    EXPECT_EQ(fault_of(nested), Counter::DropEncapsulationInnerHeader);
}

}  // namespace
}  // namespace shunt::wire
