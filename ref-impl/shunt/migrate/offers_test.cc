// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/offers.hh"

#include <gtest/gtest.h>

namespace shunt::migrate {
namespace {

const wire::ConnectionTuple kTuple{wire::Ipv4Address(0x0A070009), 1000,
                                   wire::Ipv4Address(0x0A070101), 80, wire::TransportProtocol::Tcp};
constexpr Duration kMemory = Duration::seconds(60);

Instant at(std::int64_t seconds) {
    return Instant() + Duration::seconds(seconds);
}

TEST(Offers, ATupleIsNotOfferedTwiceToOneServerWithinTheMemory) {
    Offers offers({1, 2}, kMemory, 8);
    EXPECT_TRUE(offers.may_offer(kTuple, 2, at(0)));
    offers.remember(kTuple, 2, at(0));
    EXPECT_FALSE(offers.may_offer(kTuple, 2, at(59)));
    EXPECT_TRUE(offers.may_offer(kTuple, 3, at(59)));
    EXPECT_TRUE(offers.may_offer(kTuple, 2, at(60)));
}

TEST(Offers, AFullMemoryAllowsNoOfferUntilTheOldestIsForgotten) {
    Offers offers({1, 2}, kMemory, 2);
    auto other = kTuple;
    offers.remember(kTuple, 2, at(0));
    other.client_port = 1001;
    offers.remember(other, 2, at(1));
    other.client_port = 1002;
    EXPECT_FALSE(offers.may_offer(other, 2, at(2)));
    EXPECT_TRUE(offers.may_offer(other, 2, at(60)));
    EXPECT_EQ(offers.size(), 1U);
}

}  // namespace
}  // namespace shunt::migrate
