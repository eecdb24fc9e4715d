// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/frame_pattern.hh"

#include <gtest/gtest.h>

#include "shunt/base/packet.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

const wire::MacAddress kSource({2, 7, 0, 0, 0, 9});
const wire::MacAddress kDestination({2, 7, 0, 0, 0, 1});

class FramePatternOfATcpFrame : public ::testing::Test {
  protected:
    FramePatternOfATcpFrame() : frame_(pool_.take()) {
        store_u32(frame_.append(4), 0, 0x01020304);
        wire::TcpHeader tcp;
        tcp.flags = wire::TcpFlags::from_byte(0x18);
        const wire::Ipv4Address client(10, 7, 0, 9);
        const wire::Ipv4Address service(10, 7, 1, 1);
        tcp.prepend_to(frame_, client, service);
        wire::Ipv4Header ip;
        ip.source = client;
        ip.destination = service;
        ip.prepend_to(frame_);
        wire::EthernetHeader{kDestination, kSource, wire::kEtherTypeIpv4}.prepend_to(frame_);
    }
    bool matches(const FramePattern& pattern) const { return pattern.matches(frame_.bytes()); }

    PacketPool pool_;
    Packet frame_;
};

TEST_F(FramePatternOfATcpFrame, MatchesWhatIsAbsent) {
    EXPECT_TRUE(matches({}));
}

TEST_F(FramePatternOfATcpFrame, ComparesAddressesAndType) {
    EXPECT_TRUE(matches({.source = kSource, .destination = kDestination}));
    EXPECT_FALSE(matches({.source = kDestination}));
    EXPECT_FALSE(matches({.destination = kSource}));
    EXPECT_TRUE(matches({.ether_type = wire::kEtherTypeIpv4}));
    EXPECT_FALSE(matches({.ether_type = wire::kEtherTypeArp}));
}

TEST_F(FramePatternOfATcpFrame, ComparesFlagsAndDataSize) {
    EXPECT_TRUE(matches({.tcp_flags = 0x18}));
    EXPECT_FALSE(matches({.tcp_flags = 0x10}));
    EXPECT_TRUE(matches({.tcp_data_min = 4}));
    EXPECT_FALSE(matches({.tcp_data_min = 5}));
}

TEST_F(FramePatternOfATcpFrame, ReadsTheEncapsulationTypeBehindTheEthernetHeader) {
    frame_.mutable_bytes()[wire::kEthernetHeaderSize + 12] = 0x03;
    EXPECT_TRUE(matches({.encapsulation_type = 0x03}));
    EXPECT_FALSE(matches({.encapsulation_type = 0x01}));
    frame_.trim_back(frame_.size() - wire::kEthernetHeaderSize - 12);
    EXPECT_FALSE(matches({.encapsulation_type = 0x03}));
}

TEST(FramePattern, NothingMatchesATruncatedFrame) {
    const std::uint8_t bytes[13] = {};
    EXPECT_FALSE(FramePattern{}.matches(bytes));
}

}  // namespace
}  // namespace shunt::sim
