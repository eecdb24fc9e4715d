// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/content_type.hh"

#include <gtest/gtest.h>

namespace shunt::node {
namespace {

TEST(ContentType, IsThatOfTheEnding) {
    EXPECT_EQ(content_type_of("/a/page.html"), "text/html; charset=utf-8");
    EXPECT_EQ(content_type_of("/a.html/picture.svg"), "image/svg+xml");
    EXPECT_EQ(content_type_of("/a/"), "text/html; charset=utf-8") << "the index there";
}

TEST(ContentType, OfWhatNobodyKnowsIsThatOfBytes) {
    for (const char* path : {"", "/html", "/a.HTML", "/a.htmlx", "/page.html/file"}) {
        EXPECT_EQ(content_type_of(path), "application/octet-stream") << path;
    }
}

}  // namespace
}  // namespace shunt::node
