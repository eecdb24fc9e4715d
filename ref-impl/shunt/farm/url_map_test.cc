// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/url_map.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shunt/farm/standard_plan.hh"

namespace shunt::farm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

UrlMap map_of(std::vector<UrlRule> rules) {
    FarmConfig config = standard_plan(3);
    config.urls = std::move(rules);
    return UrlMap(config);
}

TEST(UrlMap, TakesTheLongestPrefixWhateverTheOrderOfTheRules) {
    const std::vector<UrlRule> rules = {{"/a/", {"s1"}}, {"/a/b/", {"s2"}}, {"/", {"s3"}}};
    for (const auto& order : {rules, std::vector<UrlRule>(rules.rbegin(), rules.rend())}) {
        const UrlMap map = map_of(order);
        EXPECT_THAT(map.servers_for("/a/b/c"), ElementsAre(2));
        EXPECT_THAT(map.servers_for("/a/b"), ElementsAre(1));
        EXPECT_THAT(map.servers_for("/other"), ElementsAre(3));
    }
}

TEST(UrlMap, GivesSeveralServersInTheOrderOfTheRule) {
    EXPECT_THAT(map_of({{"/x", {"s3", "s1"}}}).servers_for("/x?q"), ElementsAre(3, 1));
}

TEST(UrlMap, GivesNothingWithoutAMatch) {
    const UrlMap map = map_of({{"/a/", {"s1"}}});
    EXPECT_THAT(map.servers_for("/A/"), IsEmpty());
    EXPECT_THAT(map.servers_for("/a"), IsEmpty());
    EXPECT_THAT(map.servers_for(""), IsEmpty());
    EXPECT_THAT(map.servers_for("*"), IsEmpty());
    EXPECT_THAT(map.servers_for("/%61/"), IsEmpty());
}

TEST(UrlMap, ReadsThePathOutOfAnAbsoluteUri) {
    const UrlMap map = map_of({{"/a/", {"s2"}}, {"/", {"s1"}}});
    EXPECT_THAT(map.servers_for("http://10.7.1.1:80/a/1"), ElementsAre(2));
    EXPECT_THAT(map.servers_for("http://10.7.1.1"), ElementsAre(1));
    EXPECT_THAT(map.servers_for("http://10.7.1.1?/a/"), ElementsAre(1));
    // A URI inside a query is no scheme of the target.
    EXPECT_THAT(map.servers_for("/x?u=http://h/a/"), ElementsAre(1));
}

}  // namespace
}  // namespace shunt::farm
