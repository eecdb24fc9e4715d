// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/syn_cookies.hh"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "shunt/base/rng.hh"

namespace shunt::tcp {
namespace {

constexpr SipKey kKey{0x0123456789ABCDEFU, 0xFEDCBA9876543210U};
constexpr SequenceNumber kClientInitial{1'000};
constexpr Duration kTime = Duration::seconds(1'000'000'000);  // some day in 2001
const Identity kIdentity{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9), 4'711};

/// The first instant of a period.
constexpr Duration period_start(std::int64_t number) {
    return SynCookies::kPeriod * number;
}

// docs/protocol/tcp.md.
TEST(SynCookies, AreThoseOfThePagesTestVector) {
    const SipKey key{0xA7E1CE588F43DF26U, 0x3F5DEE139106B9D7U};
    EXPECT_EQ(SynCookies(key).make(kIdentity, kClientInitial, 1'460, kTime).value(), 0xC755FEBCU);
}

TEST(SynCookies, BringTheSegmentSizeBackRoundedDown) {
    const SynCookies cookies(kKey);
    const auto brought_back = [&](std::uint16_t size) {
        return cookies.check(kIdentity, kClientInitial,
                             cookies.make(kIdentity, kClientInitial, size, kTime), kTime);
    };
    const auto& sizes = SynCookies::kSegmentSizes;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(brought_back(sizes[i]), sizes[i]);
        EXPECT_EQ(brought_back(static_cast<std::uint16_t>(sizes[i] + 1)), sizes[i]);
        EXPECT_EQ(brought_back(static_cast<std::uint16_t>(sizes[i] - 1)), sizes[i > 0 ? i - 1 : 0]);
    }
    EXPECT_EQ(brought_back(0), 48);
    EXPECT_EQ(brought_back(65'535), 1'460);
}

TEST(SynCookies, LiveToTheEndOfTheNextPeriod) {
    const SynCookies cookies(kKey);
    const Duration tick = Duration::nanoseconds(1);
    for (const Duration made : {period_start(1'000), period_start(1'001) - tick}) {
        const SequenceNumber cookie = cookies.make(kIdentity, kClientInitial, 1'460, made);
        EXPECT_TRUE(cookies.check(kIdentity, kClientInitial, cookie, made));
        EXPECT_TRUE(cookies.check(kIdentity, kClientInitial, cookie, period_start(1'002) - tick));
        EXPECT_FALSE(cookies.check(kIdentity, kClientInitial, cookie, period_start(1'002)));
    }
}

// The clocks of a farm's members are not the same to the second.
TEST(SynCookies, AreTakenFromAMemberWhoseClockIsOnePeriodAheadAndNoMore) {
    const SynCookies cookies(kKey);
    for (std::int64_t ahead = 2; ahead < 9; ++ahead) {
        const SequenceNumber cookie =
            cookies.make(kIdentity, kClientInitial, 1'460, period_start(50 + ahead));
        EXPECT_FALSE(cookies.check(kIdentity, kClientInitial, cookie, period_start(50)));
    }
    const SequenceNumber cookie = cookies.make(kIdentity, kClientInitial, 1'460, period_start(51));
    EXPECT_TRUE(cookies.check(kIdentity, kClientInitial, cookie, period_start(50)));
}

TEST(SynCookies, AreOfNoUseOncePeriodNumbersRepeat) {
    const SynCookies cookies(kKey);
    for (std::int64_t later = 2; later < 100; ++later) {  // two bits of the period are told
        const SequenceNumber cookie =
            cookies.make(kIdentity, kClientInitial, 1'460, period_start(1'000));
        EXPECT_FALSE(cookies.check(kIdentity, kClientInitial, cookie, period_start(1'000 + later)));
    }
}

TEST(SynCookies, BelongToOneTupleOneClientNumberAndOneKey) {
    const SynCookies cookies(kKey);
    const SequenceNumber cookie = cookies.make(kIdentity, kClientInitial, 1'460, kTime);
    ASSERT_TRUE(cookies.check(kIdentity, kClientInitial, cookie, kTime));
    EXPECT_FALSE(cookies.check(kIdentity, kClientInitial + 1, cookie, kTime));
    EXPECT_FALSE(
        SynCookies({kKey.low + 1, kKey.high}).check(kIdentity, kClientInitial, cookie, kTime));
    EXPECT_FALSE(
        SynCookies({kKey.low, kKey.high ^ 1}).check(kIdentity, kClientInitial, cookie, kTime));
    Identity other = kIdentity;
    other.local_address = wire::Ipv4Address(10, 7, 1, 2);
    EXPECT_FALSE(cookies.check(other, kClientInitial, cookie, kTime));
    other = kIdentity;
    other.local_port = 81;
    EXPECT_FALSE(cookies.check(other, kClientInitial, cookie, kTime));
    other = kIdentity;
    other.remote_address = wire::Ipv4Address(10, 7, 0, 8);
    EXPECT_FALSE(cookies.check(other, kClientInitial, cookie, kTime));
    other = kIdentity;
    other.remote_port = 4'712;
    EXPECT_FALSE(cookies.check(other, kClientInitial, cookie, kTime));
}

TEST(SynCookies, RefuseEveryCookieWithABitChanged) {
    const SynCookies cookies(kKey);
    const SequenceNumber cookie = cookies.make(kIdentity, kClientInitial, 1'460, kTime);
    for (unsigned bit = 0; bit < 32; ++bit) {
        EXPECT_FALSE(cookies.check(kIdentity, kClientInitial,
                                   SequenceNumber(cookie.value() ^ 1U << bit), kTime))
            << bit;
    }
}

// 24 of 2^32 numbers are right at a time: a million guesses hit one in 180 times.
TEST(SynCookies, CannotBeGuessed) {
    const SynCookies cookies(kKey);
    Rng rng(4'987);
    int hits = 0;
    for (int guess = 0; guess < 1'000'000; ++guess) {
        const SequenceNumber number(rng.next_u32());
        if (cookies.check(kIdentity, kClientInitial, number, kTime)) ++hits;
    }
    EXPECT_EQ(hits, 0);
}

TEST(SynCookies, ShowNoPattern) {
    // 100,000 cookies of neighbouring tuples: each bit is set in half of them, within 5 standard
    // deviations, and differs from the cookie before in half of them.
    constexpr int kCount = 100'000;
    const SynCookies cookies(kKey);
    std::array<int, 32> set{};
    std::array<int, 32> changed{};
    std::set<std::uint32_t> seen;
    std::uint32_t before = 0;
    Identity identity = kIdentity;
    for (int i = 0; i < kCount; ++i) {
        identity.remote_port = static_cast<std::uint16_t>(i);
        identity.remote_address =
            wire::Ipv4Address(0x0A070000U + static_cast<unsigned>(i) / 60'000);
        const std::uint32_t cookie = cookies.make(identity, kClientInitial, 1'460, kTime).value();
        for (unsigned bit = 0; bit < 32; ++bit) {
            set[bit] += static_cast<int>(cookie >> bit & 1);
            changed[bit] += static_cast<int>((cookie ^ before) >> bit & 1);
        }
        before = cookie;
        seen.insert(cookie);
    }
    for (std::size_t bit = 0; bit < 32; ++bit) {
        EXPECT_NEAR(2 * set[bit], kCount, 1'600) << bit;
        EXPECT_NEAR(2 * changed[bit], kCount, 1'600) << bit;
    }
    EXPECT_GT(seen.size(), kCount - 20U) << "a birthday or two in 2^32";
}

TEST(SynCookies, TellScaleAndSackInTheTimestamp) {
    for (const std::uint32_t clock : {0U, 1U, 14U, 15U, 16U, 30U, 31U, 32U, 0x12345678U, ~0U}) {
        for (int scale = -1; scale <= 15; ++scale) {
            for (const bool has_sack : {false, true}) {
                wire::TcpOptions offered;
                offered.sack_permitted = has_sack;
                if (scale >= 0) offered.window_scale = static_cast<std::uint8_t>(scale);
                const std::uint32_t marked = SynCookies::mark_timestamp(clock, offered);
                EXPECT_LT(clock - marked, 32U) << clock << " " << scale;
                const wire::TcpOptions read = SynCookies::marked_options(marked);
                EXPECT_EQ(read.sack_permitted, has_sack);
                // More than 14 is taken for 14 (RFC 7323 2.3).
                const int read_scale = read.window_scale ? *read.window_scale : -1;
                EXPECT_EQ(read_scale, scale == 15 ? 14 : scale);
            }
        }
    }
}

}  // namespace
}  // namespace shunt::tcp
