// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/fragmentation.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/ip/reassembly.hh"

namespace shunt::ip {
namespace {

constexpr Instant kNow = Instant::from_nanoseconds(1'000'000'000);

class FragmentationTest : public testing::Test {
  protected:
    Packet packet(std::size_t payload_size) {
        Packet made = pool_.take();
        std::uint8_t value = 0;
        for (auto& byte : made.append(payload_size))
            byte = value++;
        wire::Ipv4Header header;
        header.type_of_service = 0x29;
        header.identification = 0xBEEF;
        header.ttl = 17;
        header.protocol = wire::IpProtocol::Udp;
        header.source = wire::Ipv4Address(10, 7, 0, 9);
        header.destination = wire::Ipv4Address(10, 7, 1, 1);
        header.prepend_to(made);
        return made;
    }
    std::vector<Packet> cut(const Packet& whole, std::size_t mtu) {
        return fragment(*wire::Ipv4View::parse(whole.bytes()), mtu, pool_);
    }

    PacketPool pool_;
    Counters counters_;
    Reassembly reassembly_{pool_, counters_};
};

TEST_F(FragmentationTest, WhatItCutsIsPutTogetherAgain) {
    for (const std::size_t mtu : {68U, 576U, 1'500U}) {
        for (const std::size_t size : {mtu - 19, mtu, 2 * mtu, std::size_t{9'000}}) {
            const Packet whole = packet(size);
            std::optional<Packet> again;
            for (const Packet& piece : cut(whole, mtu)) {
                EXPECT_FALSE(again) << "the last one completes it";
                EXPECT_LE(piece.size(), mtu);
                const auto view = wire::Ipv4View::parse(piece.bytes());
                EXPECT_EQ(view->ttl(), 17);
                EXPECT_EQ(view->type_of_service(), 0x29);
                again = reassembly_.add(*view, kNow);
            }
            // More runs than a datagram may have are not needed: they come in order.
            ASSERT_TRUE(again) << mtu << " " << size;
            EXPECT_TRUE(std::ranges::equal(again->bytes(), whole.bytes()));
        }
    }
}

TEST_F(FragmentationTest, FillsFragmentsAsFarAsUnitsOf8BytesGo) {
    const auto pieces = cut(packet(1'481), 1'500);
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[0].size(), 1'500U);
    EXPECT_EQ(pieces[1].size(), 21U);
    EXPECT_EQ(cut(packet(1'481), 1'499)[0].size(), 1'492U);
}

TEST_F(FragmentationTest, CutsAFragmentIntoSmallerOnes) {
    auto large = cut(packet(2'000), 1'500);
    std::vector<Packet> small;
    for (const Packet& piece : large) {
        if (piece.size() <= 576) continue;
        for (Packet& part : cut(piece, 576))
            small.push_back(std::move(part));
    }
    small.push_back(std::move(large.back()));
    std::optional<Packet> again;
    for (const Packet& piece : small)
        again = reassembly_.add(*wire::Ipv4View::parse(piece.bytes()), kNow);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->size(), 2'020U);
}

}  // namespace
}  // namespace shunt::ip
