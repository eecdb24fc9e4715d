// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_map.hh"

#include <gtest/gtest.h>

namespace shunt::farm {
namespace {

using Kind = SessionMap::Kind;

class SessionMapTest : public testing::Test {
  protected:
    static constexpr Duration kLife = Duration::seconds(10);

    static std::vector<std::uint8_t> id(std::uint8_t last) { return {1, 2, 3, last}; }
    void learn(std::uint8_t last, ServerId server, Kind kind = Kind::Tls) {
        map_.learn(kind, id(last), server, kLife, now_);
    }
    std::optional<ServerId> find(std::uint8_t last, Kind kind = Kind::Tls) const {
        const auto place = map_.find(kind, id(last), now_);
        return place ? std::optional(place->server) : std::nullopt;
    }

    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    Counters counters_;
    SessionMap map_{3, SipKey{1, 2}, counters_};
};

TEST_F(SessionMapTest, SaysWhoKeepsASession) {
    learn(1, 7);
    EXPECT_EQ(find(1), 7U);
    EXPECT_FALSE(find(2));
    EXPECT_FALSE(find(1, Kind::Cookie)) << "an id of another kind is another";
    EXPECT_FALSE(map_.find(Kind::Tls, {}, now_));
}

TEST_F(SessionMapTest, ASessionEndsWithItsTime) {
    learn(1, 7);
    now_ = now_ + kLife - Duration::nanoseconds(1);
    EXPECT_EQ(find(1), 7U);
    now_ = now_ + Duration::nanoseconds(1);
    EXPECT_FALSE(find(1));
    EXPECT_TRUE(map_.rows(now_).empty());
}

TEST_F(SessionMapTest, WhoeverToldLastIsRight) {
    learn(1, 7);
    now_ = now_ + Duration::seconds(9);
    learn(1, 8);
    now_ = now_ + Duration::seconds(9);
    EXPECT_EQ(find(1), 8U);
    EXPECT_EQ(map_.size(), 1U);
}

TEST_F(SessionMapTest, AFullMapDropsWhatIsNewAndCountsIt) {
    for (std::uint8_t last = 1; last <= 4; ++last)
        learn(last, 7);
    EXPECT_EQ(map_.size(), 3U);
    EXPECT_FALSE(find(4));
    EXPECT_EQ(counters_.value(Counter::DropSessionFull), 1U);
    learn(1, 9);
    EXPECT_EQ(find(1), 9U) << "one that is there has its place";
    now_ = now_ + kLife;
    learn(5, 7);
    EXPECT_EQ(find(5), 7U) << "what was over made room";
    EXPECT_EQ(map_.size(), 1U);
    EXPECT_EQ(counters_.value(Counter::DropSessionFull), 1U);
}

TEST_F(SessionMapTest, EachKindHasItsOwnRoom) {
    for (std::uint8_t last = 1; last <= 4; ++last)
        learn(last, 7, Kind::Cookie);
    learn(1, 8);
    EXPECT_EQ(find(1), 8U);
    map_.forget(7);
    learn(5, 7, Kind::Cookie);
    EXPECT_EQ(find(5, Kind::Cookie), 7U) << "what was forgotten made room";
    EXPECT_EQ(map_.size(), 2U);
}

TEST_F(SessionMapTest, AServerThatIsGoneKeepsNothing) {
    learn(1, 7);
    learn(2, 8);
    map_.forget(7);
    EXPECT_FALSE(find(1));
    EXPECT_EQ(find(2), 8U);
}

TEST_F(SessionMapTest, RowsComeInTheOrderOfTheirIds) {
    learn(2, 8);
    learn(1, 7);
    learn(1, 9, Kind::Cookie);
    const auto rows = map_.rows(now_);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].kind, Kind::Cookie);
    EXPECT_EQ(rows[1].server, 7U);
    EXPECT_EQ(rows[2].server, 8U);
    EXPECT_EQ(rows[2].id, id(2));
    now_ = now_ + Duration::seconds(1);
    learn(2, 8);
    const auto youngest = map_.rows(now_, 1);
    ASSERT_EQ(youngest.size(), 1U);
    EXPECT_EQ(youngest[0].id, id(2));
}

}  // namespace
}  // namespace shunt::farm
