// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/percent_decoding.hh"

#include <gtest/gtest.h>

namespace shunt::node {
namespace {

TEST(PercentDecoding, OctetsStandForThemselves) {
    EXPECT_EQ(percent_decoded("/plain/path"), "/plain/path");
    EXPECT_EQ(percent_decoded("/a%20b%2Fc%c3%A9"), "/a b/c\xC3\xA9");
    EXPECT_EQ(percent_decoded("%2525"), "%25");
    EXPECT_EQ(percent_decoded(""), "");
}

TEST(PercentDecoding, WhatIsNoOctetIsNoName) {
    for (const char* path : {"%", "/%2", "/%zz", "/%-1", "/%+1", "/% 1", "/%00", "/%0x41"}) {
        EXPECT_EQ(percent_decoded(path), std::nullopt) << path;
    }
}

}  // namespace
}  // namespace shunt::node
