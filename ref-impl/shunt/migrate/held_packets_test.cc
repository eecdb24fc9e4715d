// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/held_packets.hh"

#include <gtest/gtest.h>

#include <string_view>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate {
namespace {

class HeldPacketsTest : public testing::Test {
  protected:
    Packet packet(std::size_t size) {
        Packet made = pool_.take();
        made.append(size);
        return made;
    }
    /// An intact one of the client's, as it is held: from its IPv4 header on.
    Packet segment(std::uint32_t acknowledgment, std::string_view text = "") {
        Packet made = pool_.take();
        made.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::TcpHeader tcp;
        tcp.acknowledgment = SequenceNumber(acknowledgment);
        tcp.flags.acknowledgment = true;
        const wire::Ipv4Address client(10, 7, 0, 9);
        const wire::Ipv4Address service(10, 7, 1, 1);
        tcp.prepend_to(made, client, service);
        wire::Ipv4Header internet;
        internet.source = client;
        internet.destination = service;
        internet.prepend_to(made);
        return made;
    }
    static std::uint32_t acknowledged_by(const Packet& packet) {
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        return wire::TcpView::parse(*ip)->acknowledgment().value();
    }
    PacketPool pool_;
    HeldBudget budget_{4};
};

TEST_F(HeldPacketsTest, TheNumberOfPacketsIsBounded) {
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(packet(1), {2, 100}));
    EXPECT_TRUE(held.hold(packet(1), {2, 100}));
    EXPECT_FALSE(held.hold(packet(1), {2, 100}));
}

TEST_F(HeldPacketsTest, TheNumberOfBytesIsBounded) {
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(packet(60), {10, 100}));
    EXPECT_FALSE(held.hold(packet(41), {10, 100}));
    EXPECT_TRUE(held.hold(packet(40), {10, 100}));
}

TEST_F(HeldPacketsTest, TheLastAcknowledgmentOfAFullQueueIsTheNewest) {
    constexpr HeldPackets::Limits limits{2, 1'000};
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(segment(100), limits));
    EXPECT_TRUE(held.hold(segment(200), limits));
    EXPECT_FALSE(held.hold(segment(400), limits)) << "one is not kept";
    EXPECT_FALSE(held.hold(segment(300), limits)) << "an older one";
    EXPECT_FALSE(held.hold(segment(500, "text"), limits)) << "that says more";
    ASSERT_EQ(held.packets().size(), 2U);
    EXPECT_EQ(acknowledged_by(held.packets()[0]), 100U);
    EXPECT_EQ(acknowledged_by(held.packets()[1]), 400U);
    EXPECT_EQ(held.bytes(), held.packets()[0].size() + held.packets()[1].size());
}

TEST_F(HeldPacketsTest, WhatSaysMoreThanAnAcknowledgmentStays) {
    constexpr HeldPackets::Limits limits{1, 1'000};
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(segment(100, "text"), limits));
    EXPECT_FALSE(held.hold(segment(200), limits));
    EXPECT_EQ(acknowledged_by(held.packets()[0]), 100U);
    EXPECT_EQ(budget_.left(), 3U);
}

TEST_F(HeldPacketsTest, AllEndpointsTogetherAreBounded) {
    HeldPackets one(budget_);
    HeldPackets other(budget_);
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(one.hold(packet(1), {}));
        EXPECT_TRUE(other.hold(packet(1), {}));
    }
    EXPECT_FALSE(one.hold(packet(1), {}));
    EXPECT_EQ(other.take_all().size(), 2U);
    EXPECT_TRUE(one.hold(packet(1), {}));
}

TEST_F(HeldPacketsTest, WhatDiesOrMovesGivesItsPlacesBackOnce) {
    {
        HeldPackets held(budget_);
        ASSERT_TRUE(held.hold(packet(1), {}));
        const HeldPackets moved(std::move(held));
        EXPECT_EQ(budget_.left(), 3U);
    }
    EXPECT_EQ(budget_.left(), 4U);
}

}  // namespace
}  // namespace shunt::migrate
