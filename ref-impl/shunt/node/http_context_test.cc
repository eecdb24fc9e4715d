// SPDX-License-Identifier: Apache-2.0
// What an HTTP conversation leaves to the one that goes on elsewhere, and what that one refuses.
#include <gtest/gtest.h>

#include <vector>

#include "shunt/node/http_conversation.hh"

namespace shunt::node {
namespace {

/// Has one object, of the given size and version.
class OneObject final : public Contents {
  public:
    explicit OneObject(std::uint64_t size, std::uint64_t version = 7)
        : size_(size), version_(version) {}
    std::optional<std::uint64_t> size_of(std::string_view path) override {
        return path == "/file" ? std::optional(size_) : std::nullopt;
    }
    std::uint64_t version_of(std::string_view) override { return version_; }
    std::size_t read(std::string_view, std::uint64_t, MutableBytes into) override {
        return into.size();
    }

  private:
    std::uint64_t size_;
    std::uint64_t version_;
};

/// A response out of a file, half of it written: version, state Response, has a response and keeps
/// alive, no request body; source Contents, offset 5, size 10, version 7, no head, path, no text.
std::vector<std::uint8_t> half_a_file() {
    return {3, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0,   0,   0,   0,   0,   0, 0,  0, 0,
            2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0,   0,   0,   0,   0,   0, 10, 0, 0,
            0, 0, 0, 0, 0, 7, 0, 0, 0, 5, '/', 'f', 'i', 'l', 'e', 0, 0};
}

TEST(HttpContext, AFreshConversationComesBackAsItWas) {
    OneObject contents(10);
    const HttpConversation fresh(contents, "s1");
    const auto context = fresh.context();
    ASSERT_TRUE(context);
    const auto resumed = HttpConversation::resume(contents, "s2", *context);
    ASSERT_NE(resumed, nullptr);
    EXPECT_EQ(resumed->context(), context);
}

TEST(HttpContext, AResponseUnderWayComesBackAsItWas) {
    OneObject contents(10);
    const auto resumed = HttpConversation::resume(contents, "s2", half_a_file());
    ASSERT_NE(resumed, nullptr);
    EXPECT_EQ(resumed->context(), half_a_file());
}

TEST(HttpContext, RefusesEveryTruncationAndAByteMore) {
    OneObject contents(10);
    const auto whole = half_a_file();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ByteView cut = ByteView(whole).first(size);
        EXPECT_EQ(HttpConversation::resume(contents, "s2", cut), nullptr) << size;
    }
    auto longer = whole;
    longer.push_back(0);
    EXPECT_EQ(HttpConversation::resume(contents, "s2", longer), nullptr);
}

TEST(HttpContext, RefusesWhatContradictsItself) {
    OneObject contents(10);
    const auto refuses = [&](std::size_t at, std::uint8_t value) {
        auto context = half_a_file();
        context.at(at) = value;
        return HttpConversation::resume(contents, "s2", context) == nullptr;
    };
    EXPECT_TRUE(refuses(0, 2)) << "another format";
    EXPECT_TRUE(refuses(1, 4)) << "no such state";
    EXPECT_TRUE(refuses(1, 0)) << "between requests there is no response";
    EXPECT_TRUE(refuses(1, 1)) << "a body is read of which nothing is left";
    EXPECT_TRUE(refuses(19, 3)) << "no such source";
    EXPECT_TRUE(refuses(27, 11)) << "more is written than there is";
    EXPECT_FALSE(refuses(27, 10));
}

TEST(HttpContext, RefusesAnObjectThatIsNotHere) {
    for (const std::uint64_t size : {9U, 11U}) {
        OneObject other(size);
        EXPECT_EQ(HttpConversation::resume(other, "s2", half_a_file()), nullptr) << size;
    }
    OneObject rewritten(10, 8);
    EXPECT_EQ(HttpConversation::resume(rewritten, "s2", half_a_file()), nullptr)
        << "of the same size, and not the same";
    NoContents none;
    EXPECT_EQ(HttpConversation::resume(none, "s2", half_a_file()), nullptr);
}

}  // namespace
}  // namespace shunt::node
