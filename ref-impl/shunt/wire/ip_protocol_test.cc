// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ip_protocol.hh"

#include <gtest/gtest.h>

namespace shunt::wire {
namespace {

TEST(IpProtocolTest, OnlyTcpAndUdpHaveConnections) {
    for (unsigned number = 0; number <= 0xFF; ++number) {
        const auto transport = to_transport_protocol(static_cast<IpProtocol>(number));
        EXPECT_EQ(transport.has_value(), number == 6 || number == 17) << number;
        if (!transport) continue;
        EXPECT_EQ(static_cast<unsigned>(to_ip_protocol(*transport)), number);
    }
}

TEST(IpProtocolTest, TheFarmsNumbersAreOneAndTwo) {
    EXPECT_EQ(static_cast<unsigned>(*to_transport_protocol(IpProtocol::Tcp)), 1U);
    EXPECT_EQ(static_cast<unsigned>(*to_transport_protocol(IpProtocol::Udp)), 2U);
}

}  // namespace
}  // namespace shunt::wire
