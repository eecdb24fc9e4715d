// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/path_mtu.hh"

#include <gtest/gtest.h>

namespace shunt::ip {
namespace {

constexpr Instant kStart = Instant::from_nanoseconds(1'000'000'000);
constexpr wire::Ipv4Address kHost(192, 0, 2, 7);

TEST(PathMtu, IsKnownForTenMinutes) {
    PathMtuCache cache;
    EXPECT_EQ(cache.find(kHost, kStart), std::nullopt);
    cache.learn(kHost, 1'280, kStart);
    EXPECT_EQ(cache.find(wire::Ipv4Address(192, 0, 2, 8), kStart), std::nullopt);
    EXPECT_EQ(cache.find(kHost, kStart + PathMtuCache::kLifetime - Duration::nanoseconds(1)),
              1'280);
    EXPECT_EQ(cache.find(kHost, kStart + PathMtuCache::kLifetime), std::nullopt);
}

TEST(PathMtu, IsTheLatestThatWasLearned) {
    PathMtuCache cache;
    cache.learn(kHost, 1'280, kStart);
    cache.learn(kHost, 1'400, kStart + Duration::seconds(1));
    EXPECT_EQ(cache.find(kHost, kStart + PathMtuCache::kLifetime), 1'400);
}

TEST(PathMtu, ForgetsTheOldestWhenThereIsNoRoom) {
    PathMtuCache cache;
    const auto host = [](std::size_t number) {
        return wire::Ipv4Address(0xC0000200U + static_cast<std::uint32_t>(number));
    };
    for (std::size_t i = 0; i < PathMtuCache::kEntriesMax; ++i)
        cache.learn(host(i), 1'280, kStart + Duration::seconds(static_cast<std::int64_t>(i) / 10));
    cache.learn(host(0), 1'281, kStart + Duration::seconds(200));  // the oldest is now host 1
    for (std::size_t i = 0; i < 10; ++i)
        cache.learn(host(2'000 + i), 1'282, kStart + Duration::seconds(201));
    EXPECT_EQ(cache.size(), PathMtuCache::kEntriesMax);
    const Instant end = kStart + Duration::seconds(202);
    EXPECT_EQ(cache.find(host(0), end), 1'281);
    EXPECT_EQ(cache.find(host(1), end), std::nullopt);
    EXPECT_EQ(cache.find(host(2'009), end), 1'282);
    EXPECT_EQ(cache.find(host(500), end), 1'280);
}

}  // namespace
}  // namespace shunt::ip
