// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/selection.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "shunt/farm/standard_plan.hh"

namespace shunt::farm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Action = Decision::Action;

const Decision kServeLocally{Action::ServeLocally, {}};
const Decision kReset{Action::Reset, {}};

Decision move_to(std::initializer_list<ServerId> servers) {
    return {Action::Move, servers};
}

/// A home with id 1 that selects by request; "/s2/" belongs to 2, "/both/" to 2 and 3, "/all/" to
/// everybody, "/s1/" to the home itself.
class Selection : public testing::Test {
  protected:
    static FarmConfig config() {
        FarmConfig config = standard_plan(4);
        config.urls = {{"/s1/", {"s1"}},
                       {"/s2/", {"s2"}},
                       {"/both/", {"s2", "s3"}},
                       {"/all/", {"s3", "s2", "s1"}}};
        return config;
    }

    Decision select() {
        input_.candidates = candidates_;
        return select_server(input_, urls_);
    }
    Decision select_request(std::string_view target) {
        input_.target = target;
        return select();
    }

    UrlMap urls_{config()};
    std::vector<Candidate> candidates_{{1, false}, {2, false}, {3, false}};
    SelectionInput input_ = [] {
        SelectionInput input;
        input.self = 1;
        return input;
    }();
};

TEST_F(Selection, FollowsTheUrlMap) {
    EXPECT_EQ(select_request("/s2/x"), move_to({2}));
    EXPECT_EQ(select_request("/both/x"), move_to({2, 3}));
    EXPECT_EQ(select_request("/s1/x"), kServeLocally);
}

TEST_F(Selection, StateDecidesAmongTheServersOfAUrl) {
    candidates_ = {{3, true}, {1, true}, {2, true}};
    EXPECT_EQ(select_request("/both/x"), move_to({3, 2}));
    // Behind the home nobody is better than the home.
    EXPECT_EQ(select_request("/all/x"), move_to({3}));
    candidates_ = {{1, true}, {3, true}, {2, true}};
    EXPECT_EQ(select_request("/all/x"), kServeLocally);
}

TEST_F(Selection, AnIdentifierWinsOverTheUrl) {
    input_.identified = 3;
    EXPECT_EQ(select_request("/s2/x"), move_to({3}));
    input_.identified = 1;
    EXPECT_EQ(select_request("/s2/x"), kServeLocally);
}

TEST_F(Selection, AnIdentifierOfAServerThatIsGoneFallsBackToState) {
    input_.identified = 4;
    EXPECT_EQ(select_request("/s2/x"), kServeLocally);
    candidates_ = {{3, true}, {1, true}, {2, true}};
    EXPECT_EQ(select_request("/s2/x"), move_to({3}));
}

TEST_F(Selection, AUrlWhoseServersCannotTakeItFallsBackToState) {
    candidates_ = {{1, false}, {3, false}};
    EXPECT_EQ(select_request("/s2/x"), kServeLocally);
    EXPECT_EQ(select_request("/both/x"), move_to({3}));
}

TEST_F(Selection, TheStateRuleTakesNoServerOfUnknownState) {
    EXPECT_EQ(select_request("/unmapped"), kServeLocally);
    candidates_ = {{2, false}, {3, true}, {1, false}};
    EXPECT_EQ(select_request("/unmapped"), move_to({3}));
}

TEST_F(Selection, WithoutALocalApplicationItResets) {
    candidates_ = {{2, false}, {3, false}};
    EXPECT_EQ(select_request("/unmapped"), kReset);
    EXPECT_EQ(select_request("/s2/x"), move_to({2}));
    candidates_ = {};
    EXPECT_EQ(select_request("/s2/x"), kReset);
}

TEST_F(Selection, GivesWhatIsNoRequestToTheStateRule) {
    EXPECT_EQ(select(), kServeLocally);
    candidates_ = {{3, true}, {1, true}};
    EXPECT_EQ(select(), move_to({3}));
}

TEST(ListeningServers, AreThoseOfThePortWithThisServerFirst) {
    FarmConfig config = standard_plan(4);
    config.listens.erase(config.listens.begin() + 1);
    EXPECT_THAT(listening_servers(config, 3, 80),
                ElementsAre(Candidate{3, false}, Candidate{1, false}, Candidate{4, false}));
    EXPECT_THAT(listening_servers(config, 2, 80),
                ElementsAre(Candidate{1, false}, Candidate{3, false}, Candidate{4, false}));
    EXPECT_THAT(listening_servers(config, 1, 443), IsEmpty());
}

}  // namespace
}  // namespace shunt::farm
