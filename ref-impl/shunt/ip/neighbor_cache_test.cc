// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/neighbor_cache.hh"

#include <gtest/gtest.h>

namespace shunt::ip {
namespace {

using wire::Ipv4Address;
using wire::MacAddress;
using Outcome = NeighborCache::Outcome;
using Unresolved = NeighborCache::Unresolved;

constexpr Instant kStart = Instant::from_nanoseconds(7'000'000'000);
constexpr Duration kTick = Duration::nanoseconds(1);
constexpr Ipv4Address kHost(10, 7, 0, 9);
constexpr MacAddress kStation({0x02, 0, 0, 0, 0, 9});
constexpr MacAddress kOtherStation({0x02, 0, 0, 0, 0, 10});

Ipv4Address host(std::size_t number) {
    return Ipv4Address(static_cast<std::uint32_t>(0x0A000000 + number));
}

class NeighborCacheTest : public testing::Test {
  protected:
    std::optional<MacAddress> resolve(Ipv4Address address, Instant now) {
        const auto station = cache_.resolve(address, now);
        if (!station) return std::nullopt;
        return *station;
    }
    /// Lets the cache act at each of its deadlines until there is none; counts the requests.
    int requests_until_quiet() {
        int requests = 0;
        for (int round = 0; round < 100; ++round) {
            while (cache_.poll_request())
                ++requests;
            const auto deadline = cache_.poll_deadline();
            if (!deadline) return requests;
            cache_.handle_deadline(*deadline);
        }
        ADD_FAILURE() << "the cache never becomes quiet";
        return requests;
    }

    NeighborCache cache_;
};

TEST_F(NeighborCacheTest, AsksOnceHoweverManyPacketsWait) {
    for (int packet = 0; packet < 5; ++packet) {
        const auto station = cache_.resolve(kHost, kStart);
        ASSERT_FALSE(station);
        EXPECT_EQ(station.error(), Unresolved::Asking);
    }
    EXPECT_EQ(cache_.poll_request(), kHost);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
}

TEST_F(NeighborCacheTest, RepeatsARequestAfterItsPauseAndNotBefore) {
    EXPECT_FALSE(resolve(kHost, kStart));
    EXPECT_TRUE(cache_.poll_request());
    const Instant again = kStart + NeighborCache::kRequestPause;
    EXPECT_EQ(cache_.poll_deadline(), again);
    cache_.handle_deadline(again - kTick);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
    cache_.handle_deadline(again);
    EXPECT_EQ(cache_.poll_request(), kHost);
}

TEST_F(NeighborCacheTest, CountsAsSilentWhoDoesNotAnswerThreeRequests) {
    EXPECT_FALSE(resolve(kHost, kStart));
    EXPECT_EQ(requests_until_quiet(), NeighborCache::kRequestsMax);
    EXPECT_EQ(cache_.poll_silent(), kHost);
    EXPECT_EQ(cache_.poll_silent(), std::nullopt);
    EXPECT_FALSE(resolve(kHost, kStart + Duration::seconds(9)));
    EXPECT_EQ(cache_.poll_request(), kHost) << "a later packet asks anew";
}

TEST_F(NeighborCacheTest, AnAnswerEndsTheAsking) {
    EXPECT_FALSE(resolve(kHost, kStart));
    EXPECT_EQ(cache_.learn(kHost, kStation, true, kStart), Outcome::Learned);
    EXPECT_EQ(cache_.poll_deadline(), std::nullopt);
    EXPECT_EQ(resolve(kHost, kStart), kStation);
}

TEST_F(NeighborCacheTest, MergesWhatItKnowsAndAddsOnlyWhatIsForUs) {
    EXPECT_EQ(cache_.learn(kHost, kStation, false, kStart), Outcome::Ignored);
    EXPECT_EQ(cache_.known(), 0U);
    EXPECT_EQ(cache_.learn(kHost, kStation, true, kStart), Outcome::Learned);
    EXPECT_EQ(cache_.learn(kHost, kOtherStation, false, kStart), Outcome::Learned);
    EXPECT_EQ(resolve(kHost, kStart), kOtherStation);
}

TEST_F(NeighborCacheTest, TakesAnAnswerToAnotherStationForItsOwnQuestion) {
    EXPECT_FALSE(resolve(kHost, kStart));
    EXPECT_EQ(cache_.learn(kHost, kStation, false, kStart), Outcome::Learned);
    EXPECT_EQ(resolve(kHost, kStart), kStation);
}

TEST_F(NeighborCacheTest, UsesAStaleEntryWhileItAsksAgain) {
    cache_.learn(kHost, kStation, true, kStart);
    const Instant stale = kStart + NeighborCache::kFreshFor;
    EXPECT_EQ(resolve(kHost, stale - kTick), kStation);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
    EXPECT_EQ(resolve(kHost, stale), kStation);
    EXPECT_EQ(cache_.poll_request(), kHost);
    cache_.learn(kHost, kOtherStation, true, stale + kTick);
    EXPECT_EQ(resolve(kHost, stale + NeighborCache::kFreshFor), kOtherStation);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
}

TEST_F(NeighborCacheTest, AsksAnewForWhoIsDoubtedAndUsesItMeanwhile) {
    cache_.doubt(kHost, kStart);
    EXPECT_EQ(cache_.known(), 0U) << "who is not known is not asked for";
    cache_.learn(kHost, kStation, true, kStart);
    const Instant later = kStart + kTick;
    cache_.doubt(kHost, later);
    EXPECT_EQ(cache_.poll_request(), std::nullopt) << "only a packet asks";
    EXPECT_EQ(resolve(kHost, later), kStation);
    EXPECT_EQ(cache_.poll_request(), kHost);
    EXPECT_EQ(requests_until_quiet(), NeighborCache::kRequestsMax - 1);
    EXPECT_EQ(resolve(kHost, later + Duration::seconds(9)), std::nullopt);
}

TEST_F(NeighborCacheTest, DoesNotDoubtAFixedAddress) {
    cache_.set_fixed(kHost, kStation);
    cache_.doubt(kHost, kStart);
    EXPECT_EQ(resolve(kHost, kStart), kStation);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
}

TEST_F(NeighborCacheTest, ForgetsAStaleEntryThatIsNotConfirmed) {
    cache_.learn(kHost, kStation, true, kStart);
    const Instant stale = kStart + NeighborCache::kFreshFor;
    EXPECT_EQ(resolve(kHost, stale), kStation);
    EXPECT_EQ(requests_until_quiet(), NeighborCache::kRequestsMax);
    EXPECT_EQ(resolve(kHost, stale + Duration::seconds(9)), std::nullopt);
}

TEST_F(NeighborCacheTest, BelievesNobodyAboutAFixedAddress) {
    cache_.set_fixed(kHost, kStation);
    EXPECT_EQ(cache_.learn(kHost, kOtherStation, true, kStart), Outcome::Refused);
    EXPECT_EQ(cache_.learn(kHost, kStation, true, kStart), Outcome::Ignored);
    EXPECT_EQ(resolve(kHost, kStart + Duration::seconds(1'000'000)), kStation);
    EXPECT_EQ(cache_.poll_request(), std::nullopt);
}

TEST_F(NeighborCacheTest, MakesRoomByForgettingWhoWasConfirmedLongestAgo) {
    for (std::size_t i = 0; i < NeighborCache::kKnownMax; ++i) {
        const Instant when = kStart + Duration::microseconds(static_cast<std::int64_t>(i));
        cache_.learn(host(i), kStation, true, when);
    }
    const Instant later = kStart + Duration::seconds(1);
    cache_.learn(host(0), kStation, true, later);  // now the youngest
    EXPECT_EQ(cache_.known(), NeighborCache::kKnownMax);
    cache_.learn(kHost, kStation, true, later);
    EXPECT_EQ(cache_.known(), NeighborCache::kKnownMax);
    EXPECT_EQ(resolve(kHost, later), kStation);
    EXPECT_EQ(resolve(host(0), later), kStation);
    EXPECT_EQ(resolve(host(1), later), std::nullopt);
}

TEST_F(NeighborCacheTest, BoundsWhatItAsksForAtATime) {
    for (std::size_t i = 0; i < NeighborCache::kAskedMax; ++i) {
        EXPECT_EQ(cache_.resolve(host(i), kStart).error(), Unresolved::Asking);
    }
    EXPECT_EQ(cache_.resolve(kHost, kStart).error(), Unresolved::Full);
    cache_.learn(host(0), kStation, true, kStart);
    EXPECT_EQ(cache_.resolve(kHost, kStart).error(), Unresolved::Asking);
}

}  // namespace
}  // namespace shunt::ip
