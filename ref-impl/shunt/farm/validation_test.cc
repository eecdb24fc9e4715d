// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/validation.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "shunt/farm/standard_plan.hh"

namespace shunt::farm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::Ipv4Address;

FarmConfig valid_config() {
    FarmConfig config = standard_plan(2);
    config.secret = {1, 2, 3};
    config.urls.push_back({"/s2/", {"s2"}});
    return config;
}

std::vector<std::string> places(const FarmConfig& config) {
    std::vector<std::string> all;
    for (const Finding& finding : validate(config))
        all.push_back(finding.where);
    return all;
}

using Change = std::function<void(FarmConfig&)>;

std::vector<std::string> places_after(const Change& change) {
    FarmConfig config = valid_config();
    change(config);
    EXPECT_TRUE(has_error(validate(config)));
    return places(config);
}

TEST(Validation, FindsNothingInTheStandardPlan) {
    EXPECT_THAT(places(valid_config()), IsEmpty());
    FarmConfig largest = standard_plan(kStandardPlanServersMax);
    largest.secret = {1};
    EXPECT_THAT(places(largest), IsEmpty());
}

TEST(Validation, WarnsOfAMissingSecretAndGoesOn) {
    FarmConfig config = valid_config();
    config.secret.clear();
    const std::vector<Finding> findings = validate(config);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].where, "farm.secret_file");
    EXPECT_EQ(findings[0].severity, Severity::Warning);
    EXPECT_FALSE(has_error(findings));
}

TEST(Validation, NamesThePlaceOfEachServerFault) {
    const std::vector<std::pair<std::string, Change>> faults = {
        {"server[1].id", [](FarmConfig& c) { c.servers[1].id = 0; }},
        {"server[1].id", [](FarmConfig& c) { c.servers[1].id = 1; }},
        {"server[1].name", [](FarmConfig& c) { c.servers[1].name = "s1"; }},
        {"server[1].name", [](FarmConfig& c) { c.servers[1].name.clear(); }},
        {"server[0].front_ip", [](FarmConfig& c) { c.servers[0].front_ip.prefix_length = 0; }},
        {"server[0].front_ip", [](FarmConfig& c) { c.servers[0].front_ip.prefix_length = 33; }},
        {"server[0].control_ip", [](FarmConfig& c) { c.servers[0].control_ip.prefix_length = 0; }},
        {"server[0].front_ip", [](FarmConfig& c) { c.servers[0].front_ip.address = {}; }},
        {"server[1].service",
         [](FarmConfig& c) { c.servers[1].services = {Ipv4Address(224, 0, 0, 1)}; }},
        {"server[1].service",
         [](FarmConfig& c) { c.servers[1].services = {Ipv4Address(127, 0, 0, 1)}; }},
        {"server[1].service",
         [](FarmConfig& c) { c.servers[1].services = {Ipv4Address(255, 255, 255, 255)}; }},
        {"server[1].forward_ip", [](FarmConfig& c) { c.servers[1].forward_ips.clear(); }},
        {"server[0].front_mac", [](FarmConfig& c) { c.servers[0].front_mac = {}; }},
        {"server[1].back_mac",
         [](FarmConfig& c) { c.servers[1].back_mac = c.servers[0].back_mac; }},
        {"server[1].front_mac",
         [](FarmConfig& c) { c.servers[1].front_mac = wire::MacAddress::broadcast(); }},
        {"server[0].gateway",
         [](FarmConfig& c) { c.servers[0].gateway = Ipv4Address(10, 9, 0, 1); }},
        {"server[0].gateway",
         [](FarmConfig& c) { c.servers[0].gateway = c.servers[1].front_ip.address; }},
    };
    for (const auto& [where, change] : faults)
        EXPECT_THAT(places_after(change), Contains(where));
}

// An address that two parts of the farm have would be answered by two (SYS-1), or let one
// connection be taken for another (SYS-2).
TEST(Validation, RefusesAnAddressThatIsUsedTwiceWhereverItStands) {
    const Ipv4Address used(10, 7, 1, 1);
    const std::vector<std::pair<std::string, Change>> faults = {
        {"server[1].front_ip", [&](FarmConfig& c) { c.servers[1].front_ip.address = used; }},
        {"server[1].service", [&](FarmConfig& c) { c.servers[1].services = {used}; }},
        {"server[1].forward_ip", [&](FarmConfig& c) { c.servers[1].forward_ips = {used}; }},
        {"server[1].control_ip", [&](FarmConfig& c) { c.servers[1].control_ip.address = used; }},
        {"server[0].forward_ip", [&](FarmConfig& c) { c.servers[0].forward_ips = {used}; }},
    };
    for (const auto& [where, change] : faults) {
        EXPECT_THAT(places_after(change), ElementsAre(where)) << where;
    }
}

TEST(Validation, WantsOneForwardIpForEachServiceAndAtLeastOne) {
    EXPECT_THAT(places_after([](FarmConfig& c) {
                    c.servers[0].services.push_back(Ipv4Address(10, 7, 2, 1));
                }),
                ElementsAre("server[0].forward_ip"));
    EXPECT_THAT(places_after([](FarmConfig& c) {
                    c.servers[0].forward_ips.push_back(Ipv4Address(10, 8, 2, 1));
                }),
                ElementsAre("server[0].forward_ip"));
    FarmConfig pure_target = valid_config();
    pure_target.servers[1].services.clear();
    EXPECT_THAT(places(pure_target), IsEmpty());
}

TEST(Validation, AcceptsAGatewayInThePrefix) {
    FarmConfig config = valid_config();
    config.servers[0].gateway = Ipv4Address(10, 7, 255, 254);
    EXPECT_THAT(places(config), IsEmpty());
}

TEST(Validation, NamesThePlaceOfEachListenFault) {
    EXPECT_THAT(places_after([](FarmConfig& c) { c.listens[1].server = "s3"; }),
                ElementsAre("listen[1].server"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.listens[0].port = 0; }),
                ElementsAre("listen[0].port"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.listens[1].server = "s1"; }),
                ElementsAre("listen[1].port"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.listens[0].application.clear(); }),
                ElementsAre("listen[0].application"));
}

TEST(Validation, AGatewayAndNothingElseHasABackend) {
    const auto backend = BackendAddress::parse("tcp:127.0.0.1:8080");
    FarmConfig config = valid_config();
    config.listens[1].application = kGatewayApplication;
    config.listens[1].backend = backend;
    EXPECT_THAT(places(config), IsEmpty());
    EXPECT_THAT(
        places_after([](FarmConfig& farm) { farm.listens[1].application = kGatewayApplication; }),
        ElementsAre("listen[1].backend"));
    EXPECT_THAT(places_after([&](FarmConfig& farm) { farm.listens[0].backend = backend; }),
                ElementsAre("listen[0].backend"));
}

TEST(Validation, WhoOnlyGoesOnNeedsSomebodyWhoBegins) {
    FarmConfig config = valid_config();
    config.farm.has_extensions = true;
    config.listens[0].application = kStreamApplication;
    EXPECT_THAT(places(config), IsEmpty());
    config.farm.has_extensions = false;
    EXPECT_THAT(places(config), ElementsAre("listen[0].application"));
    EXPECT_FALSE(has_error(validate(config))) << "nothing moves there, and nothing is wrong";
    EXPECT_THAT(places_after([](FarmConfig& c) {
                    c.farm.has_extensions = true;
                    for (Listen& listen : c.listens)
                        listen.application = kStreamApplication;
                }),
                Contains("listen[0].application"));
}

TEST(Validation, NamesThePlaceOfEachUrlFault) {
    EXPECT_THAT(places_after([](FarmConfig& c) { c.urls[0].servers.push_back("s9"); }),
                ElementsAre("url[0].servers"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.urls[0].servers.clear(); }),
                ElementsAre("url[0].servers"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.urls[0].prefix = "s2/"; }),
                ElementsAre("url[0].prefix"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.urls.push_back(c.urls[0]); }),
                ElementsAre("url[1].prefix"));
}

TEST(Validation, KeepsSessionsUnderANameAndWithASecret) {
    EXPECT_THAT(places_after([](FarmConfig& config) {
                    config.secret.clear();
                    config.session.mode = SessionMode::Cookie;
                }),
                Contains("farm.secret_file"));
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a;"), std::string(65, 'x')}) {
        EXPECT_THAT(places_after([&](FarmConfig& config) { config.session.cookie = name; }),
                    ElementsAre("session.cookie"))
            << name;
    }
    EXPECT_THAT(
        places_after([](FarmConfig& config) { config.session.lifetime = Duration::seconds(0); }),
        ElementsAre("session.lifetime_s"));
    EXPECT_THAT(places_after([](FarmConfig& config) { config.limits.sessions = 0; }),
                ElementsAre("limits.sessions"));
}

TEST(Validation, HoldsTimesToTheirBounds) {
    EXPECT_THAT(places_after([](FarmConfig& c) {
                    c.timers.fall_back = kFallBackMax + Duration::nanoseconds(1);
                }),
                ElementsAre("timers.fall_back_ms"));
    EXPECT_THAT(places_after([](FarmConfig& c) {
                    c.timers.connection_sends = {Duration::milliseconds(0), c.timers.fall_back};
                }),
                ElementsAre("timers.connection_sends_ms"));
    EXPECT_THAT(
        places_after([](FarmConfig& c) {
            c.timers.connection_sends = {Duration::milliseconds(50), Duration::milliseconds(50)};
        }),
        ElementsAre("timers.connection_sends_ms"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.timers.connection_sends.clear(); }),
                ElementsAre("timers.connection_sends_ms"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.timers.two_msl = Duration::seconds(0); }),
                ElementsAre("timers.two_msl_ms"));
    FarmConfig at_the_bound = valid_config();
    at_the_bound.timers.fall_back = kFallBackMax;
    EXPECT_THAT(places(at_the_bound), IsEmpty());
}

TEST(Validation, HoldsBoundsAboveZero) {
    EXPECT_THAT(places_after([](FarmConfig& c) { c.limits.forward_entries = 0; }),
                ElementsAre("limits.forward_entries"));
    EXPECT_THAT(places_after([](FarmConfig& c) { c.limits.tcp_send_buffer_bytes = 575; }),
                ElementsAre("limits.tcp_send_buffer_bytes"));
    constexpr std::size_t most = std::size_t{1} << 30;
    EXPECT_THAT(places_after([](FarmConfig& c) { c.limits.tcp_receive_buffer_bytes = most + 1; }),
                ElementsAre("limits.tcp_receive_buffer_bytes"));
    FarmConfig widest = valid_config();
    widest.limits.tcp_receive_buffer_bytes = most;
    EXPECT_THAT(places(widest), IsEmpty());
}

TEST(Validation, WantsNoMoreOfARequestThanIsRead) {
    EXPECT_THAT(places_after([](FarmConfig& c) { c.limits.request_bytes = 8 * 1024 + 1; }),
                ElementsAre("limits.request_bytes"));
    FarmConfig smallest = valid_config();
    smallest.limits.request_bytes = 1;
    EXPECT_THAT(places(smallest), IsEmpty());
}

TEST(Validation, RefusesTypeValuesThatMeanSomethingElse) {
    for (const std::uint16_t type : std::vector<std::uint16_t>{0x0800, 0x0806, 0x8100}) {
        EXPECT_THAT(places_after([&](FarmConfig& c) { c.farm.ethertype = type; }),
                    ElementsAre("farm.ethertype"));
    }
    FarmConfig figures = valid_config();
    figures.farm.ethertype = 0x0007;
    EXPECT_THAT(places(figures), IsEmpty());
}

TEST(Validation, BoundsTheNumberOfServers) {
    FarmConfig config;
    config.secret = {1};
    for (std::uint32_t i = 0; i <= kServersMax; ++i) {
        Server server;
        server.id = i + 1;
        server.name = "s" + std::to_string(i);
        server.front_ip.address = Ipv4Address(0x0A000000 + i);
        server.control_ip.address = Ipv4Address(0x0A010000 + i);
        server.forward_ips = {Ipv4Address(0x0A020000 + i)};
        const auto low = static_cast<std::uint8_t>(i);
        const auto high = static_cast<std::uint8_t>(i >> 8);
        server.front_mac = wire::MacAddress({0x02, 0x07, 0, 0, high, low});
        server.back_mac = wire::MacAddress({0x02, 0x08, 0, 0, high, low});
        config.servers.push_back(server);
    }
    EXPECT_THAT(places(config), ElementsAre("server"));
    config.servers.pop_back();
    EXPECT_THAT(places(config), IsEmpty());
}

}  // namespace
}  // namespace shunt::farm
