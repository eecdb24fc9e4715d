// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/ipv4_address_checks.hh"

#include <gtest/gtest.h>

namespace shunt::ip {
namespace {

using wire::Ipv4Address;

TEST(Ipv4AddressChecks, HostAddressesEndWhereTheReservedBlocksBegin) {
    for (const Ipv4Address host :
         {Ipv4Address(1, 0, 0, 0), Ipv4Address(126, 255, 255, 255), Ipv4Address(128, 0, 0, 0),
          Ipv4Address(10, 7, 0, 9), Ipv4Address(223, 255, 255, 255)}) {
        EXPECT_TRUE(is_host_address(host)) << host.to_string();
    }
    for (const Ipv4Address martian :
         {Ipv4Address(0, 0, 0, 0), Ipv4Address(0, 255, 255, 255), Ipv4Address(127, 0, 0, 0),
          Ipv4Address(127, 255, 255, 255), Ipv4Address(224, 0, 0, 0), Ipv4Address(239, 255, 0, 1),
          Ipv4Address(240, 0, 0, 0), Ipv4Address(255, 255, 255, 255)}) {
        EXPECT_FALSE(is_host_address(martian)) << martian.to_string();
    }
}

TEST(Ipv4AddressChecks, PrefixesHoldTheirFirstAndLastAddressAndNoOther) {
    const Ipv4Address inside(10, 7, 0, 101);
    EXPECT_TRUE(is_in_prefix(Ipv4Address(10, 7, 0, 0), inside, 16));
    EXPECT_TRUE(is_in_prefix(Ipv4Address(10, 7, 255, 255), inside, 16));
    EXPECT_FALSE(is_in_prefix(Ipv4Address(10, 6, 255, 255), inside, 16));
    EXPECT_FALSE(is_in_prefix(Ipv4Address(10, 8, 0, 0), inside, 16));
    EXPECT_TRUE(is_in_prefix(Ipv4Address(200, 1, 2, 3), Ipv4Address(0), 0));
    EXPECT_TRUE(is_in_prefix(inside, inside, 32));
    EXPECT_FALSE(is_in_prefix(Ipv4Address(10, 7, 0, 100), inside, 32));
}

TEST(Ipv4AddressChecks, OnlyTheLastAddressOfAPrefixIsItsBroadcast) {
    const Ipv4Address inside(10, 7, 0, 101);
    EXPECT_TRUE(is_directed_broadcast(Ipv4Address(10, 7, 255, 255), inside, 16));
    EXPECT_FALSE(is_directed_broadcast(Ipv4Address(10, 7, 255, 254), inside, 16));
    EXPECT_FALSE(is_directed_broadcast(Ipv4Address(10, 8, 255, 255), inside, 16));
    EXPECT_TRUE(is_directed_broadcast(Ipv4Address(10, 7, 0, 103), inside, 30));
    EXPECT_FALSE(is_directed_broadcast(Ipv4Address(10, 7, 0, 101), inside, 31));
    EXPECT_FALSE(is_directed_broadcast(inside, inside, 32));
}

}  // namespace
}  // namespace shunt::ip
