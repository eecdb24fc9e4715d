// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/farm_config.hh"

#include <gtest/gtest.h>

#include "shunt/farm/standard_plan.hh"

namespace shunt::farm {
namespace {

using wire::Ipv4Address;
using wire::MacAddress;

/// s1 with two services, s2 with one, s3 a pure target.
FarmConfig three_servers() {
    FarmConfig config = standard_plan(3);
    config.servers[0].services.push_back(Ipv4Address(10, 7, 2, 1));
    config.servers[0].forward_ips.push_back(Ipv4Address(10, 8, 2, 1));
    config.servers[2].services.clear();
    return config;
}

TEST(FarmConfig, FindsServersByEachOfTheirNames) {
    const FarmConfig config = three_servers();
    const Server* s2 = &config.servers[1];
    EXPECT_EQ(config.server_by_id(2), s2);
    EXPECT_EQ(config.server_by_name("s2"), s2);
    EXPECT_EQ(config.server_by_back_mac(MacAddress({0x02, 0x08, 0, 0, 0, 2})), s2);
    EXPECT_EQ(config.server_by_forward_ip(Ipv4Address(10, 8, 1, 2)), s2);
    EXPECT_EQ(config.home_of_service(Ipv4Address(10, 7, 1, 2)), s2);
}

TEST(FarmConfig, FindsNoServerByWhatIsNotItsName) {
    const FarmConfig config = three_servers();
    EXPECT_EQ(config.server_by_id(4), nullptr);
    EXPECT_EQ(config.server_by_name("s"), nullptr);
    EXPECT_EQ(config.server_by_back_mac(config.servers[0].front_mac), nullptr);
    EXPECT_EQ(config.server_by_forward_ip(config.servers[0].services[0]), nullptr);
    EXPECT_EQ(config.server_by_forward_ip(config.servers[0].control_ip.address), nullptr);
    EXPECT_EQ(config.home_of_service(config.servers[0].front_ip.address), nullptr);
    EXPECT_EQ(config.home_of_service(Ipv4Address(10, 7, 1, 3)), nullptr);
}

// Towards a home the pair of client and forward IP names one connection; towards a target any
// forward IP serves.
TEST(FarmConfig, GivesTheForwardIpOfTheServiceAtItsHomeAndTheFirstElsewhere) {
    const FarmConfig config = three_servers();
    const Server& home = config.servers[0];
    EXPECT_EQ(home.forward_ip_for(Ipv4Address(10, 7, 1, 1)), Ipv4Address(10, 8, 1, 1));
    EXPECT_EQ(home.forward_ip_for(Ipv4Address(10, 7, 2, 1)), Ipv4Address(10, 8, 2, 1));
    const Server& target = config.servers[2];
    EXPECT_EQ(target.forward_ip_for(Ipv4Address(10, 7, 2, 1)), Ipv4Address(10, 8, 1, 3));
}

TEST(FarmConfig, CountsEveryAddressOfEveryServerAsTheFarms) {
    const FarmConfig config = three_servers();
    for (const Ipv4Address address :
         {Ipv4Address(10, 7, 0, 101), Ipv4Address(10, 7, 2, 1), Ipv4Address(10, 8, 0, 2),
          Ipv4Address(10, 8, 1, 3), Ipv4Address(10, 8, 2, 1)}) {
        EXPECT_TRUE(config.is_farm_address(address)) << address.to_string();
    }
    EXPECT_FALSE(config.is_farm_address(standard_client_address()));
    EXPECT_FALSE(config.is_farm_address(Ipv4Address(10, 7, 0, 104)));
}

TEST(FarmConfig, FindsTheListenerOfAServerAndPort) {
    const FarmConfig config = three_servers();
    EXPECT_EQ(config.listen_of(config.servers[1], 80), &config.listens[1]);
    EXPECT_EQ(config.listen_of(config.servers[1], 81), nullptr);
}

TEST(Timers, PauseBetweenOffersIsNeverShorterThanTwoMsl) {
    Timers timers;
    timers.two_msl = Duration::seconds(3);
    EXPECT_EQ(timers.reoffer_pause(), Duration::seconds(4));
    timers.two_msl = Duration::seconds(5);
    EXPECT_EQ(timers.reoffer_pause(), Duration::seconds(5));
}

TEST(StandardPlan, NumbersTheLastServerLikeTheFirst) {
    const FarmConfig config = standard_plan(kStandardPlanServersMax);
    ASSERT_EQ(config.servers.size(), kStandardPlanServersMax);
    const Server& last = config.servers.back();
    EXPECT_EQ(last.name, "s99");
    EXPECT_EQ(last.front_ip, (LinkAddress{Ipv4Address(10, 7, 0, 199), 16}));
    EXPECT_EQ(last.front_mac.to_string(), "02:07:00:00:00:63");
    EXPECT_EQ(last.back_mac.to_string(), "02:08:00:00:00:63");
}

}  // namespace
}  // namespace shunt::farm
