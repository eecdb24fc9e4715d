// SPDX-License-Identifier: Apache-2.0
// The rules hold in every world that takes seconds, and none of them could be left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "model/app/worlds.hh"
#include "model/engine/explorer.hh"

namespace model {
namespace {

constexpr std::size_t kStatesMax = 20'000'000;

class WorldTest : public testing::TestWithParam<std::string> {};

TEST_P(WorldTest, KeepsEveryClaimAndSettles) {
    const auto world = std::ranges::find(all_worlds(), GetParam(), &NamedWorld::name);
    ASSERT_NE(world, all_worlds().end());
    const Outcome outcome = world->explore(kStatesMax);
    EXPECT_TRUE(outcome.is_complete && outcome.is_settling_complete);
    EXPECT_EQ(outcome.broken, "");
    EXPECT_EQ(outcome.stuck, 0U) << outcome.stuck_state;
    EXPECT_GT(outcome.states, 1'000U);
}

std::vector<std::string> small_worlds() {
    std::vector<std::string> names;
    for (const NamedWorld& world : all_worlds())
        if (world.is_small) names.push_back(world.name);
    return names;
}

std::string in_camel_case(std::string name) {
    std::string text;
    bool is_first = true;
    for (const char letter : name) {
        if (letter != '-') text += is_first ? static_cast<char>(letter - 'a' + 'A') : letter;
        is_first = letter == '-';
    }
    return text;
}

INSTANTIATE_TEST_SUITE_P(Small, WorldTest, testing::ValuesIn(small_worlds()),
                         [](const auto& each) { return in_camel_case(each.param); });

class RuleTest : public testing::TestWithParam<std::string> {};

TEST_P(RuleTest, IsNeeded) {
    const auto rule = std::ranges::find(all_rules(), GetParam(), &NamedRule::name);
    const Outcome outcome = rule->take_away();
    EXPECT_NE(outcome.broken, "");
    EXPECT_FALSE(outcome.trace.empty());
}

std::vector<std::string> rules() {
    std::vector<std::string> names;
    for (const NamedRule& rule : all_rules())
        names.push_back(rule.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Each, RuleTest, testing::ValuesIn(rules()),
                         [](const auto& each) { return in_camel_case(each.param); });

TEST(Worlds, HaveNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const NamedWorld& world : all_worlds())
        EXPECT_TRUE(names.insert(world.name).second) << world.name;
    for (const NamedRule& rule : all_rules()) {
        EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
        EXPECT_TRUE(names.contains(rule.world)) << rule.world;
    }
}

/// Counts to a bound; a claim forbids one number, and what is odd can go no further.
struct Counting {
    struct State {
        std::uint64_t number = 0;
    };
    struct Step {
        State next;
        const char* broken = nullptr;
    };
    State start() const { return {}; }
    std::vector<Step> steps(const State& state) const {
        if (state.number >= 10) return {};
        return {{{state.number + 2}}, {{state.number + 1}}};
    }
    const char* broken_claim(const State& state) const {
        return state.number == forbidden ? "forbidden" : nullptr;
    }
    bool is_settled(const State& state) const { return state.number == 10; }

    std::uint64_t forbidden = 99;
};

TEST(Explorer, FindsEveryStateAndTheShortestWay) {
    const auto ignore = [](const Counting::State&) {};
    const auto all = explore(Counting{}, 100, ignore);
    EXPECT_EQ(all.states, 12U);  // 0 to 11
    EXPECT_TRUE(all.is_complete && all.broken.empty());
    const auto broken = explore(Counting{7}, 100, ignore);
    EXPECT_EQ(broken.broken, "forbidden");
    EXPECT_EQ(broken.trace.size(), 4U);  // 2, 4, 6, 7
    EXPECT_FALSE(explore(Counting{}, 5, ignore).is_complete);
}

TEST(Explorer, FindsWhatNeverSettles) {
    StateSet<Counting::State> seeds;
    seeds.add({4});
    seeds.add({11});
    const auto settling = settle(Counting{}, seeds, 100);
    EXPECT_EQ(settling.stuck, 1U);
    EXPECT_EQ(settling.stuck_state.number, 11U);
}

}  // namespace
}  // namespace model
