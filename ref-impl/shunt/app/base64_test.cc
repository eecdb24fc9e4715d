// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/base64.hh"

#include <gtest/gtest.h>

#include <utility>

namespace shunt::app {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Base64, IsAsTheVectorsOfRfc4648) {
    for (const auto& [plain, text] :
         {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="),
          std::pair("foo", "Zm9v"), std::pair("foob", "Zm9vYg=="), std::pair("fooba", "Zm9vYmE="),
          std::pair("foobar", "Zm9vYmFy")}) {
        const std::string_view view(plain);
        const Bytes bytes(view.begin(), view.end());
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
}

TEST(Base64, KeepsEveryByte) {
    Bytes bytes;
    bytes.reserve(256);
    for (int value = 0; value < 256; ++value)
        bytes.push_back(static_cast<std::uint8_t>(value));
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsNotExact) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm9v=",
                             "Zm 9", "Zm9\n", "Zm-_", "Z=g="})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace shunt::app
