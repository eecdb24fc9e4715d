// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/derived_key.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace shunt::farm {
namespace {

/// The farm of the test vectors in docs/protocol/security.md.
FarmConfig vector_farm() {
    FarmConfig config;
    config.farm.id = 7;
    for (std::uint8_t byte = 0; byte < 32; ++byte)
        config.secret.push_back(byte);
    return config;
}

TEST(DerivedKey, IsThatOfThePagesTestVectors) {
    const auto syn_cookie = derive_sip_key(vector_farm(), kSynCookieKeyInfo);
    ASSERT_TRUE(syn_cookie);
    // 26df438f58cee1a7 d7b9069113ee5d3f
    EXPECT_EQ(syn_cookie->low, 0xA7E1CE588F43DF26U);
    EXPECT_EQ(syn_cookie->high, 0x3F5DEE139106B9D7U);
    const auto session = derive_sip_key(vector_farm(), "shunt-session-1");
    ASSERT_TRUE(session);
    // c4d23c26b8627d30 f95ec6540345bc16
    EXPECT_EQ(session->low, 0x307D62B8263CD2C4U);
    EXPECT_EQ(session->high, 0x16BC450354C65EF9U);
}

TEST(DerivedKey, IsAsLongAsIsAskedFor) {
    // The HMAC-SHA-256 key of the page's trailer, 32 bytes.
    const std::vector<std::uint8_t> info{'s',  'h',  'u',  'n',  't',  '-',  'a',  't', '-', '1',
                                         0,    0,    0,    1,    0,    0,    0,    2,   1,   1,
                                         0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    std::array<std::uint8_t, 32> key{};
    derive_key(vector_farm().secret, 7, info, key);
    const std::array<std::uint8_t, 32> expected{0x2b, 0x55, 0xcb, 0x1d, 0xff, 0x1b, 0xcc, 0x6b,
                                                0x6e, 0x0d, 0xf9, 0x9a, 0x64, 0x3e, 0xce, 0x83,
                                                0x1a, 0x6d, 0xd9, 0xf5, 0xd3, 0x00, 0xa5, 0x25,
                                                0x4a, 0x4c, 0x77, 0x15, 0x44, 0x65, 0x02, 0x7b};
    EXPECT_TRUE(std::equal(key.begin(), key.end(), expected.begin()));
}

TEST(DerivedKey, IsMissingWhereTheFarmHasNoSecret) {
    EXPECT_FALSE(derive_sip_key(FarmConfig(), kSynCookieKeyInfo));
}

}  // namespace
}  // namespace shunt::farm
