// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/segment_reader.hh"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::app {
namespace {

using wire::EcnCodepoint;

class SegmentReaderTest : public ::testing::Test {
  protected:
    Packet make_frame(std::size_t text, EcnCodepoint ecn) {
        Packet frame = pool_.take();
        for (std::uint8_t& byte : frame.append(text))
            byte = 0x5A;
        wire::Ipv4Header ip;
        ip.type_of_service = static_cast<std::uint8_t>(0x28U | static_cast<unsigned>(ecn));
        ip.source = wire::Ipv4Address(0x0A070009);
        ip.destination = wire::Ipv4Address(0x0A070101);
        wire::TcpHeader tcp;
        tcp.flags.acknowledgment = true;
        tcp.prepend_to(frame, ip.source, ip.destination);
        ip.prepend_to(frame);
        wire::EthernetHeader{.type = wire::kEtherTypeIpv4}.prepend_to(frame);
        return frame;
    }
    static EcnCodepoint ecn_of(const Packet& frame) {
        const auto ethernet = wire::EthernetView::parse(frame.bytes());
        const auto packet = wire::Ipv4View::parse(ethernet->payload());  // verifies the checksum
        EXPECT_TRUE(packet);
        EXPECT_EQ(packet->type_of_service() >> 2U, 0x28 >> 2);
        return packet->ecn();
    }

    PacketPool pool_;
    SegmentReader reader_;
};

TEST_F(SegmentReaderTest, ASegmentWithoutTextHasNone) {
    EXPECT_FALSE(reader_.has_text(make_frame(0, EcnCodepoint::NotCapable).bytes()));
    EXPECT_TRUE(reader_.has_text(make_frame(1, EcnCodepoint::NotCapable).bytes()));
}

TEST_F(SegmentReaderTest, PaddingIsNoText) {
    Packet frame = make_frame(0, EcnCodepoint::NotCapable);
    for (std::uint8_t& byte : frame.append(6))
        byte = 0;
    EXPECT_FALSE(reader_.has_text(frame.bytes()));
}

TEST_F(SegmentReaderTest, MarksWhoTakesPartAndKeepsTheHeaderValid) {
    for (const EcnCodepoint ecn : {EcnCodepoint::Capable0, EcnCodepoint::Capable1}) {
        Packet frame = make_frame(100, ecn);
        EXPECT_TRUE(reader_.mark_congestion(frame));
        EXPECT_EQ(ecn_of(frame), EcnCodepoint::CongestionExperienced);
        EXPECT_FALSE(reader_.mark_congestion(frame));
    }
    Packet other = make_frame(100, EcnCodepoint::NotCapable);
    EXPECT_FALSE(reader_.mark_congestion(other));
    EXPECT_EQ(ecn_of(other), EcnCodepoint::NotCapable);
}

TEST_F(SegmentReaderTest, RefusesEveryTruncation) {
    Packet frame = make_frame(1, EcnCodepoint::Capable0);
    while (!frame.empty()) {
        frame.trim_back(1);
        EXPECT_FALSE(reader_.has_text(frame.bytes())) << frame.size();
        EXPECT_FALSE(reader_.mark_congestion(frame)) << frame.size();
    }
}

}  // namespace
}  // namespace shunt::app
