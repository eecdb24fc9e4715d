// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/route_table.hh"

#include <gtest/gtest.h>

namespace shunt::stack {
namespace {

using wire::Ipv4Address;

const Ipv4Address kDefaultRouter(10, 7, 0, 1);
const Ipv4Address kOtherRouter(10, 7, 0, 2);

RouteTable table() {
    return RouteTable({{Ipv4Address(0), 0, kDefaultRouter},
                       {Ipv4Address(10, 7, 0, 101), 16, std::nullopt},
                       {Ipv4Address(10, 7, 9, 0), 24, kOtherRouter}});
}

TEST(RouteTable, TakesTheLongestPrefix) {
    EXPECT_EQ(table().next_hop(Ipv4Address(10, 7, 9, 1)), kOtherRouter);
    EXPECT_EQ(table().next_hop(Ipv4Address(10, 7, 8, 1)), Ipv4Address(10, 7, 8, 1));
    EXPECT_EQ(table().next_hop(Ipv4Address(10, 8, 0, 1)), kDefaultRouter);
}

TEST(RouteTable, KnowsNoWayWithoutARoute) {
    const RouteTable on_link_only({{Ipv4Address(10, 7, 0, 101), 16, std::nullopt}});
    EXPECT_EQ(on_link_only.next_hop(Ipv4Address(10, 8, 0, 1)), std::nullopt);
}

TEST(RouteTable, TellsTheLinkFromWhatIsBehindARouter) {
    EXPECT_TRUE(table().is_on_link(Ipv4Address(10, 7, 255, 1)));
    EXPECT_FALSE(table().is_on_link(Ipv4Address(10, 8, 0, 1)));
    EXPECT_TRUE(table().is_broadcast(Ipv4Address(10, 7, 255, 255)));
    EXPECT_FALSE(table().is_broadcast(Ipv4Address(10, 7, 9, 255)));
}

}  // namespace
}  // namespace shunt::stack
