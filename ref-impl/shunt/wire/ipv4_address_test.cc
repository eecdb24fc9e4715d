// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ipv4_address.hh"

#include <gtest/gtest.h>

namespace shunt::wire {
namespace {

TEST(Ipv4AddressTest, OctetsSpellTheNumber) {
    EXPECT_EQ(Ipv4Address(10, 7, 0, 9).value(), 0x0A070009U);
    EXPECT_EQ(Ipv4Address(0x0A070009U), Ipv4Address(10, 7, 0, 9));
}

TEST(Ipv4AddressTest, TextGoesBothWays) {
    for (const char* text :
         {"0.0.0.0", "10.7.0.9", "127.0.0.1", "199.200.99.100", "255.255.255.255"}) {
        const auto address = Ipv4Address::from_string(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
    }
}

TEST(Ipv4AddressTest, RefusesWhatIsNotADottedQuad) {
    for (const char* text :
         {"",          "1",         "1.2.3",     "1.2.3.",    ".1.2.3",           "1.2.3.4.",
          "1.2.3.4.5", "1..2.3",    "256.1.1.1", "1.1.1.256", "01.2.3.4",         "1.2.3.00",
          "+1.2.3.4",  "-1.2.3.4",  "1.2.3.4 ",  " 1.2.3.4",  "1.2.3.4294967296", "1.2.3.0x4",
          "a.b.c.d",   "1.2.3.4/24"}) {
        EXPECT_FALSE(Ipv4Address::from_string(text)) << text;
    }
}

TEST(Ipv4AddressTest, ClassesBeginAndEndWhereTheRfcsSay) {
    EXPECT_TRUE(Ipv4Address(0, 0, 0, 0).is_unspecified());
    EXPECT_FALSE(Ipv4Address(0, 0, 0, 1).is_unspecified());

    EXPECT_FALSE(Ipv4Address(126, 255, 255, 255).is_loopback());
    EXPECT_TRUE(Ipv4Address(127, 0, 0, 0).is_loopback());
    EXPECT_TRUE(Ipv4Address(127, 255, 255, 255).is_loopback());
    EXPECT_FALSE(Ipv4Address(128, 0, 0, 0).is_loopback());

    EXPECT_FALSE(Ipv4Address(223, 255, 255, 255).is_multicast());
    EXPECT_TRUE(Ipv4Address(224, 0, 0, 0).is_multicast());
    EXPECT_TRUE(Ipv4Address(239, 255, 255, 255).is_multicast());
    EXPECT_FALSE(Ipv4Address(240, 0, 0, 0).is_multicast());

    EXPECT_FALSE(Ipv4Address(255, 255, 255, 254).is_broadcast());
    EXPECT_TRUE(Ipv4Address(255, 255, 255, 255).is_broadcast());
}

}  // namespace
}  // namespace shunt::wire
