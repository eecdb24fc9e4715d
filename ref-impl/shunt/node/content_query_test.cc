// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/content_query.hh"

#include <gtest/gtest.h>

namespace shunt::node {
namespace {

TEST(ContentQuery, ReadsItsParametersAmongOthersInAnyOrder) {
    for (const char* query : {"verify&stream=0a1b2c", "stream=0a1b2c&verify",
                              "x=1&verify&&stream=0a1b2c&y", "stream=0a1b2c&verify&"}) {
        const auto read = read_content_query(query);
        ASSERT_TRUE(read) << query;
        EXPECT_TRUE(read->is_verified) << query;
        EXPECT_EQ(read->stream, 0x0A1B2CU) << query;
    }
}

TEST(ContentQuery, AsksForNothingWhereNothingIsNamed) {
    for (const char* query : {"", "x", "verify=1", "verified", "xstream=zz", "streams=zz", "&"}) {
        const auto read = read_content_query(query);
        ASSERT_TRUE(read) << query;
        EXPECT_FALSE(read->is_verified) << query;
        EXPECT_FALSE(read->stream) << query;
    }
}

TEST(ContentQuery, RefusesAStreamThatIsNotSixDigitsOnce) {
    for (const char* query :
         {"stream=", "stream=0a1b2", "stream=0a1b2c3", "stream=0A1B2C", "stream=0a1b2g",
          "stream=0a1b2\xC3", "stream=0a 1b2", "stream=0a1b2c=", "stream=0a1b2c&stream=0a1b2c",
          "verify&stream=-a1b2c"}) {
        EXPECT_FALSE(read_content_query(query)) << query;
    }
}

}  // namespace
}  // namespace shunt::node
