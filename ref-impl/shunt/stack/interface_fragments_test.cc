// SPDX-License-Identifier: Apache-2.0
// Fragments at a link's edge (IP-1; RFC 1122 3.3.2, 3.3.3): put together, bounded, answered.
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/ip/fragmentation.hh"
#include "shunt/stack/interface_fixture.hh"

namespace shunt::stack {
namespace {

class InterfaceFragments : public InterfaceFixture {
  protected:
    static std::vector<std::uint8_t> pattern(std::size_t size) {
        std::vector<std::uint8_t> bytes(size);
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
        return bytes;
    }
    Packet long_echo(std::size_t size, Ipv4Address destination = kService) {
        Packet packet = pool_.copy(pattern(size));
        wire::IcmpHeader{wire::IcmpType::Echo, 0, 0x1234, 7}.prepend_to(packet);
        wire::Ipv4Header header;
        header.identification = 0x4711;
        header.protocol = wire::IpProtocol::Icmp;
        header.source = kClient;
        header.destination = destination;
        header.prepend_to(packet);
        return packet;
    }
    std::vector<Packet> cut(const Packet& packet, std::size_t mtu = 576) {
        return ip::fragment(*wire::Ipv4View::parse(packet.bytes()), mtu, pool_);
    }
    /// One fragment of its own making.
    Packet piece(Ipv4Address source, std::uint16_t identification, std::size_t offset,
                 std::size_t size, bool is_last = false,
                 wire::IpProtocol protocol = wire::IpProtocol::Udp) {
        Packet packet = pool_.copy(std::vector<std::uint8_t>(size, 0x77));
        wire::Ipv4Header header;
        header.identification = identification;
        header.fragment_offset = offset;
        header.more_fragments = !is_last;
        header.protocol = protocol;
        header.source = source;
        header.destination = kService;
        header.prepend_to(packet);
        return framed(std::move(packet), wire::kEtherTypeIpv4);
    }
};

TEST_F(InterfaceFragments, PassesTheWholeDatagramBehindItsEthernetHeader) {
    const Packet whole = udp(kClient, kService, 2'000);
    auto pieces = cut(whole);
    std::swap(pieces.front(), pieces.back());  // the order does not matter
    std::optional<Packet> passed;
    for (Packet& fragment : pieces) {
        EXPECT_FALSE(passed);
        passed = interface_.handle_frame(framed(std::move(fragment), wire::kEtherTypeIpv4), now_);
    }
    ASSERT_TRUE(passed);
    const auto ethernet = wire::EthernetView::parse(passed->bytes());
    EXPECT_EQ(ethernet->source(), kClientMac);
    EXPECT_EQ(ethernet->destination(), kOwnMac);
    EXPECT_EQ(ethernet->type(), wire::kEtherTypeIpv4);
    EXPECT_TRUE(std::ranges::equal(ethernet->payload(), whole.bytes()));
}

TEST_F(InterfaceFragments, AnswersALongEchoInFragments) {
    introduce_client();
    const Packet request = long_echo(4'000);
    for (Packet& fragment : cut(request))
        EXPECT_FALSE(passes(framed(std::move(fragment), wire::kEtherTypeIpv4)));
    Counters counters;
    ip::Reassembly client(pool_, counters);
    std::optional<Packet> reply;
    while (const auto frame = interface_.poll_transmit()) {
        EXPECT_LE(frame->size(), 1'514U);
        const auto ip = wire::Ipv4View::parse(wire::EthernetView::parse(frame->bytes())->payload());
        EXPECT_EQ(ip->identification(), 0x4711) << "as new as the request's";
        reply = client.add(*ip, now_);
    }
    ASSERT_TRUE(reply);
    const auto ip = wire::Ipv4View::parse(reply->bytes());
    const auto message = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type(), wire::IcmpType::EchoReply);
    EXPECT_TRUE(std::ranges::equal(message->payload(), pattern(4'000)));
}

TEST_F(InterfaceFragments, LeavesThoseForSilentAddressesToWhoTakesThem) {
    for (Packet& fragment : cut(long_echo(2'000, kSilent)))
        EXPECT_TRUE(passes(framed(std::move(fragment), wire::kEtherTypeIpv4)));
}

TEST_F(InterfaceFragments, DropsWhatOverlapsAndWhatIsTiny) {
    introduce_client();
    EXPECT_FALSE(passes(piece(kClient, 1, 0, 64)));
    EXPECT_FALSE(passes(piece(kClient, 1, 56, 64, true)));
    EXPECT_EQ(count(Counter::DropFragmentOverlap), 2U) << "the datagram, not the fragment";
    expect_drop(piece(kClient, 1, 64, 64), Counter::DropFragmentRefused);
    expect_drop(piece(kClient, 2, 0, 16, false, wire::IpProtocol::Tcp), Counter::DropFragmentTiny);
    now_ = now_ + ip::Reassembly::kLifetime;
    interface_.handle_deadline(now_);
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt) << "what was refused is not answered";
}

TEST_F(InterfaceFragments, TellsTheSenderOfADatagramThatStaysIncomplete) {
    introduce_client();
    EXPECT_FALSE(passes(piece(kClient, 1, 0, 64)));
    EXPECT_FALSE(passes(piece(kClient, 1, 128, 64, true)));
    EXPECT_FALSE(passes(piece(kClient, 2, 64, 64)));  // its first fragment never comes
    ASSERT_EQ(interface_.poll_deadline(), now_ + ip::Reassembly::kLifetime);
    now_ = now_ + ip::Reassembly::kLifetime;
    interface_.handle_deadline(now_);
    EXPECT_EQ(count(Counter::DropFragmentTimeout), 3U);
    EXPECT_EQ(interface_.poll_deadline(), std::nullopt);
    const Packet frame = next_frame();
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    const auto ip = wire::Ipv4View::parse(wire::EthernetView::parse(frame.bytes())->payload());
    EXPECT_EQ(ip->source(), kService);
    EXPECT_EQ(ip->destination(), kClient);
    const auto message = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type(), wire::IcmpType::TimeExceeded);
    EXPECT_EQ(message->code(), wire::kIcmpReassemblyTimeExceeded);
    const auto quoted = wire::Ipv4View::parse(message->payload());
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->identification(), 1);
    EXPECT_EQ(quoted->payload().size(), 64U);
}

// CVE-2018-5391: 100,000 fragments that never make a datagram, from everywhere.
TEST_F(InterfaceFragments, OthersProgressAmongFragmentsWithRandomOffsets) {
    Rng rng(5'391);
    introduce_client();
    for (int i = 0; i < 100'000; ++i) {
        const Ipv4Address source(0x14000000U + static_cast<std::uint32_t>(rng.below(1U << 24)));
        const auto identification = static_cast<std::uint16_t>(rng.next_u32());
        const std::size_t offset = rng.below(1'000) * 8;
        const bool is_last = rng.chance({1, 8});
        EXPECT_FALSE(passes(piece(source, identification, offset, 64, is_last && offset > 0)));
        if (i % 1'000 != 0) continue;
        EXPECT_TRUE(passes(framed(udp(kClient, kService), wire::kEtherTypeIpv4)));
        int whole = 0;
        for (Packet& fragment : cut(udp(kClient, kService, 1'000)))
            whole += passes(framed(std::move(fragment), wire::kEtherTypeIpv4)) ? 1 : 0;
        EXPECT_EQ(whole, 1) << "one that comes at once is not crowded out";
    }
    const std::uint64_t crowded = count(Counter::DropFragmentCrowded);
    EXPECT_GE(crowded, 99'000U);
    now_ = now_ + ip::Reassembly::kLifetime;
    interface_.handle_deadline(now_);
    EXPECT_LE(count(Counter::DropFragmentTimeout), ip::Reassembly::kDatagramsMax);
    EXPECT_EQ(interface_.poll_deadline(), std::nullopt) << "nothing is left";
}

}  // namespace
}  // namespace shunt::stack
