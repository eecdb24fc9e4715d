// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/token_bucket.hh"

#include <gtest/gtest.h>

namespace shunt::ip {
namespace {

constexpr Instant kStart = Instant::from_nanoseconds(5'000'000'000);

int takes(TokenBucket& bucket, Instant now) {
    int count = 0;
    while (count < 1'000 && bucket.take(now))
        ++count;
    return count;
}

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
    TokenBucket bucket(10, 3, kStart);
    EXPECT_EQ(takes(bucket, kStart), 3);
    EXPECT_EQ(takes(bucket, kStart + Duration::nanoseconds(99'999'999)), 0);
    EXPECT_EQ(takes(bucket, kStart + Duration::milliseconds(100)), 1);
    EXPECT_EQ(takes(bucket, kStart + Duration::milliseconds(300)), 2);
}

TEST(TokenBucket, SavesNoMoreThanTheBurst) {
    TokenBucket bucket(10, 3, kStart);
    EXPECT_EQ(takes(bucket, kStart), 3);
    EXPECT_EQ(takes(bucket, kStart + Duration::seconds(24 * 60 * 60)), 3);
}

}  // namespace
}  // namespace shunt::ip
