// SPDX-License-Identifier: Apache-2.0
// Packets of moved connections that come in pieces, or do not fit the back link once encapsulated
// (FRM-6, FRM-9, FRM-10).
#include <algorithm>
#include <string>
#include <vector>

#include "shunt/ip/fragmentation.hh"
#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/icmp.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class ForwardLength : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        build(GetParam());
        client_config_.timestamps = false;
        handshake();
        request("/s2/bytes/10");
        run_for(kMillisecond * 10);
        ASSERT_EQ(in(s1(), Table::Forward), 1U);
        ASSERT_TRUE(ends_with_content(10));
        // From here on the client's segments are made by hand.
        next_ = client_->send_next();
        heard_ = client_->receive_next();
        client_.reset();
        seen_.clear();
    }
    /// A request of `size` bytes in one segment of the client.
    Packet long_request(std::size_t size, bool dont_fragment) {
        std::string text = "GET /s2/bytes/64 HTTP/1.1\r\nHost: x\r\nX-Fill: ";
        text += std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
        Packet packet =
            pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::TcpHeader header;
        header.source_port = tuple_.client_port;
        header.destination_port = tuple_.service_port;
        header.sequence = next_;
        header.acknowledgment = heard_;
        header.flags.acknowledgment = true;
        header.window = 60'000;
        header.prepend_to(packet, tuple_.client, tuple_.service);
        wire::Ipv4Header ip;
        ip.identification = 0x1234;
        ip.dont_fragment = dont_fragment;
        ip.source = tuple_.client;
        ip.destination = tuple_.service;
        ip.prepend_to(packet);
        return packet;
    }
    bool is_answered() const {
        return std::ranges::any_of(seen_, [&](const SeenFrame& frame) {
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            if (!ip || ip->destination() != tuple_.client) return false;
            const auto segment = wire::TcpView::parse(*ip);
            return segment && std::string(segment->payload().begin(), segment->payload().end())
                                  .starts_with("HTTP/1.1 200");
        });
    }

    SequenceNumber next_;
    SequenceNumber heard_;
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, ForwardLength, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

TEST_P(ForwardLength, APacketThatJustFitsGoesAsItIs) {
    inject_from_client(long_request(1'484 - 40, true));
    run_for(kMillisecond * 10);
    const auto forwarded = seen(EncapsulationType::Forwarded);
    ASSERT_FALSE(forwarded.empty());
    EXPECT_EQ(forwarded.front().bytes.size(), 1'514U);
    EXPECT_TRUE(is_answered());
}

TEST_P(ForwardLength, ALongerOneThatForbidsFragmentsIsAnsweredWithWhatFits) {
    inject_from_client(long_request(1'485 - 40, true));
    run_for(kMillisecond * 10);
    EXPECT_TRUE(seen(EncapsulationType::Forwarded).empty());
    EXPECT_EQ(s1().counters().value(Counter::DropForwardMtu), 1U);
    int answers = 0;
    for (const SeenFrame& frame : seen_) {
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        if (!ip || ip->protocol() != wire::IpProtocol::Icmp) continue;
        ++answers;
        EXPECT_EQ(ip->source(), tuple_.service);
        EXPECT_EQ(ip->destination(), tuple_.client);
        const auto message = wire::IcmpView::parse(*ip);
        EXPECT_EQ(message->code(), wire::kIcmpFragmentationNeeded);
        EXPECT_EQ(message->next_hop_mtu(), 1'484);
    }
    EXPECT_EQ(answers, 1);
}

TEST_P(ForwardLength, ALongerOneThatAllowsThemIsForwardedInPieces) {
    inject_from_client(long_request(1'485 - 40, false));
    run_for(kMillisecond * 10);
    EXPECT_EQ(seen(EncapsulationType::Forwarded).size(), 2U);
    EXPECT_TRUE(is_answered());
}

TEST_P(ForwardLength, WhatComesInPiecesIsPutTogetherAtTheHome) {
    const Packet whole = long_request(1'000, false);
    auto pieces = ip::fragment(*wire::Ipv4View::parse(whole.bytes()), 576, pool_);
    std::ranges::reverse(pieces);
    for (Packet& piece : pieces)
        inject_from_client(std::move(piece));
    run_for(kMillisecond * 10);
    const auto forwarded = seen(EncapsulationType::Forwarded);
    ASSERT_FALSE(forwarded.empty());
    EXPECT_EQ(forwarded.front().bytes.size(), 14U + 16 + whole.size()) << "one packet (FRM-10)";
    EXPECT_TRUE(is_answered());
}

TEST_P(ForwardLength, PiecesOfAnotherConnectionAreNotOfThisOne) {
    const Packet whole = long_request(1'000, false);
    auto pieces = ip::fragment(*wire::Ipv4View::parse(whole.bytes()), 576, pool_);
    for (Packet& piece : pieces) {
        // The header of this connection around the pieces of one whose client port is 1 higher.
        if (wire::Ipv4View::parse(piece.bytes())->fragment_offset() == 0) {
            store_u16(piece.mutable_bytes(), 20,
                      static_cast<std::uint16_t>(tuple_.client_port + 1));
        }
        wire::EncapsulationHeader header;
        header.source = tuple_.client;
        header.source_port = tuple_.client_port;
        header.destination = config_.servers[1].forward_ips.front();
        header.destination_port = tuple_.service_port;
        header.type = EncapsulationType::Forwarded;
        header.prepend_to(piece);
        wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
            .prepend_to(piece);
        s2().handle_frame(link::LinkId::Back, std::move(piece), now_);
    }
    EXPECT_EQ(s2().counters().value(Counter::DropEncapsulationInnerSource), 1U);
    run_for(kMillisecond * 10);
    EXPECT_FALSE(is_answered());
}

TEST_P(ForwardLength, APieceAloneIsForgottenInTime) {
    const Packet whole = long_request(1'000, false);
    auto pieces = ip::fragment(*wire::Ipv4View::parse(whole.bytes()), 576, pool_);
    wire::EncapsulationHeader header;
    header.source = tuple_.client;
    header.source_port = tuple_.client_port;
    header.destination = config_.servers[1].forward_ips.front();
    header.destination_port = tuple_.service_port;
    header.type = EncapsulationType::Forwarded;
    header.prepend_to(pieces.front());
    wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
        .prepend_to(pieces.front());
    s2().handle_frame(link::LinkId::Back, std::move(pieces.front()), now_);
    run_for(Duration::seconds(30));
    EXPECT_EQ(s2().counters().value(Counter::DropFragmentTimeout), 1U);
}

// IP-2: who claims a member's address on the front link is counted and not believed.
TEST_P(ForwardLength, NobodyTakesTheAddressOfAMember) {
    for (const auto address :
         {config_.servers[1].front_ip.address, config_.servers[1].services.front()}) {
        const std::uint64_t before = s1().counters().value(Counter::DropArpConflict);
        Packet packet = pool_.take();
        wire::ArpMessage claim;
        claim.operation = wire::ArpOperation::Request;
        claim.sender_mac = kClientMac;
        claim.sender_ip = address;
        claim.target_ip = tuple_.service;
        claim.prepend_to(packet);
        wire::EthernetHeader{wire::MacAddress::broadcast(), kClientMac, wire::kEtherTypeArp}
            .prepend_to(packet);
        s1().handle_frame(link::LinkId::Front, std::move(packet), now_);
        EXPECT_EQ(s1().counters().value(Counter::DropArpConflict), before + 1);
        EXPECT_FALSE(s1().poll_transmit(now_));
    }
}

}  // namespace
}  // namespace shunt::node
