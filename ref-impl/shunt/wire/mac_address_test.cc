// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/mac_address.hh"

#include <gtest/gtest.h>

namespace shunt::wire {
namespace {

TEST(MacAddressTest, TextGoesBothWays) {
    const auto address = MacAddress::from_string("02:08:00:00:aB:0f");
    ASSERT_TRUE(address);
    EXPECT_EQ(*address, MacAddress({0x02, 0x08, 0x00, 0x00, 0xAB, 0x0F}));
    EXPECT_EQ(address->to_string(), "02:08:00:00:ab:0f");
}

TEST(MacAddressTest, RefusesWhatIsNotSixPairs) {
    for (const char* text :
         {"", "02:08:00:00:00", "02:08:00:00:00:", "02:08:00:00:00:1",
          "02:08:00:00:00:01:", "02-08-00-00-00-01", "02:08:00:00:00:0g", "2:08:00:00:00:001",
          "02:08:00:00:00: 1", "02:08:00:00:00:-1", "0x:08:00:00:00:01"}) {
        EXPECT_FALSE(MacAddress::from_string(text)) << text;
    }
}

TEST(MacAddressTest, GroupBitTellsMulticast) {
    EXPECT_TRUE(MacAddress::broadcast().is_broadcast());
    EXPECT_TRUE(MacAddress::broadcast().is_multicast());
    EXPECT_TRUE(MacAddress({0x01, 0, 0x5E, 0, 0, 1}).is_multicast());
    EXPECT_FALSE(MacAddress({0x01, 0, 0x5E, 0, 0, 1}).is_broadcast());
    EXPECT_FALSE(MacAddress({0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}).is_multicast());
}

TEST(MacAddressTest, EveryBitCounts) {
    const MacAddress address({1, 2, 3, 4, 5, 6});
    for (std::size_t bit = 0; bit < 8 * MacAddress::kSize; ++bit) {
        auto octets = address.octets();
        octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] ^ (1U << bit % 8));
        EXPECT_NE(MacAddress(octets), address) << bit;
    }
    EXPECT_LT(MacAddress({1, 2, 3, 4, 5, 6}), MacAddress({1, 2, 3, 4, 6, 0}));
}

TEST(MacAddressTest, LoadsWhatItStored) {
    std::array<std::uint8_t, 8> bytes{};
    const MacAddress address({1, 2, 3, 4, 5, 6});
    address.store(bytes, 1);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 8>{0, 1, 2, 3, 4, 5, 6, 0}));
    EXPECT_EQ(MacAddress::load(bytes, 1), address);
}

}  // namespace
}  // namespace shunt::wire
