// SPDX-License-Identifier: Apache-2.0
// Responses that follow what grows ("/tail/.."), as a client sees them (docs/applications.md).
#include <gtest/gtest.h>

#include <charconv>
#include <optional>
#include <string>

#include "shunt/node/conversation_fixture.hh"
#include "shunt/node/generated_content.hh"

namespace shunt::node {
namespace {

constexpr Duration kLook = HttpResponse::kLookPause;

/// The body that `text` is the chunks of; nothing if they are not whole, or something follows.
std::optional<std::string> unchunked(std::string_view text) {
    std::string body;
    for (;;) {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, 16);
        if (error != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.starts_with("\r\n")) return std::nullopt;
        text.remove_prefix(2);
        if (text.size() < size + 2 || text.substr(size, 2) != "\r\n") return std::nullopt;
        body.append(text.substr(0, size));
        text.remove_prefix(size + 2);
        if (size == 0) return text.empty() ? std::optional(body) : std::nullopt;
    }
}

class Tail : public ConversationFixture {
  protected:
    void write(const std::string& bytes) {
        Shelf::Object& log = shelf_.objects["/log"];
        log.bytes += bytes;
        log.announced = log.bytes.size();
    }
    void ask(std::string_view target) {
        answer_to("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    std::string body() const { return received_.substr(received_.find("\r\n\r\n") + 4); }
};

TEST_F(Tail, FollowsAnObjectInChunksUntilItIsQuiet) {
    write("one\n");
    ask("/tail/log?quiet_s=1");
    EXPECT_TRUE(has(received_, "\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(has(received_, "Content-Length"));
    EXPECT_EQ(body(), "4\r\none\n\r\n");
    std::string all = "one\n";
    for (int i = 0; i < 30; ++i) {
        pass(kLook * 10);
        const std::string lines(static_cast<std::size_t>(i + 1) * 400, 'x');
        write(lines);
        all += lines;
        ASSERT_FALSE(unchunked(body())) << "it goes on";
    }
    pass(Duration::seconds(1) - kLook);
    EXPECT_FALSE(unchunked(body()));
    pass(kLook * 2);
    EXPECT_EQ(unchunked(body()), all);
    EXPECT_TRUE(has(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\n0"))
        << "the connection goes on";
}

TEST_F(Tail, LooksNoMoreOftenThanItSays) {
    write("a");
    ask("/tail/log");
    write("b");
    pass(kLook - Duration::nanoseconds(1));
    EXPECT_EQ(body(), "1\r\na\r\n");
    pass(Duration::nanoseconds(1));
    EXPECT_EQ(body(), "1\r\na\r\n1\r\nb\r\n");
    EXPECT_EQ(conversation_->wake_at(), now_ + kLook);
}

TEST_F(Tail, ToAnOldClientTheEndOfTheConnectionIsThatOfTheLog) {
    write("one\n");
    answer_to("GET /tail/log?quiet_s=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    write("two\n");
    pass(Duration::seconds(2));
    EXPECT_EQ(body(), "one\ntwo\n");
    EXPECT_TRUE(has(received_, "Connection: close\r\n"));
    EXPECT_FALSE(has(received_, "chunked"));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(Tail, OfALogThatIsCutEndsAtOnce) {
    write("one\n");
    ask("/tail/log");
    shelf_.objects["/log"] = {2, "on"};
    pass(kLook);
    EXPECT_EQ(unchunked(body()), "one\n");
}

TEST_F(Tail, OfALogThatIsGoneEndsAtOnce) {
    write("one\n");
    ask("/tail/log");
    shelf_.objects.clear();
    pass(kLook);
    EXPECT_EQ(unchunked(body()), "one\n");
}

/// Between the look at its size and the reading.
TEST_F(Tail, OfALogThatIsShorterThanItSaysEndsWhereItEnds) {
    shelf_.objects["/log"] = {9, "four"};
    ask("/tail/log");
    EXPECT_EQ(unchunked(body()), "four");
}

TEST_F(Tail, OfGeneratedContentGrowsPieceByPiece) {
    constexpr std::size_t size = HttpResponse::kGrowth * 3 + 5;
    ask("/tail/bytes/" + std::to_string(size));
    EXPECT_TRUE(has(received_, "Content-Length: " + std::to_string(size)));
    EXPECT_EQ(body().size(), HttpResponse::kGrowth);
    pass(kLook * 2);
    EXPECT_EQ(body().size(), HttpResponse::kGrowth * 3);
    pass(kLook);
    std::string expected(size, '\0');
    generate(0, {reinterpret_cast<std::uint8_t*>(expected.data()), size});
    EXPECT_EQ(body(), expected);
    EXPECT_EQ(conversation_->wake_at(), std::nullopt);
}

TEST_F(Tail, HasAHeadAlone) {
    write("one\n");
    const auto head = answer_to("HEAD /tail/log HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(head, "chunked\r\n") && head.ends_with("\r\n\r\n"));
    const auto generated = answer_to("HEAD /tail/bytes/9 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(generated, "Content-Length: 9\r\n") && generated.ends_with("\r\n\r\n"));
    EXPECT_TRUE(has(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\n0"));
}

TEST_F(Tail, RefusesAWishThatIsNone) {
    write("one\n");
    for (const char* query :
         {"quiet_s=0", "quiet_s=3601", "quiet_s=", "quiet_s=-1", "quiet_s=1x", "a&quiet_s=0&b"}) {
        ask("/tail/log?" + std::string(query));
        EXPECT_TRUE(received_.starts_with("HTTP/1.1 400 ")) << query;
    }
}

TEST_F(Tail, PassesOverOtherParameters) {
    write("one\n");
    ask("/tail/log?SHUNT=00&quiet_s=1&");
    pass(Duration::seconds(2));
    EXPECT_EQ(unchunked(body()), "one\n") << "a second, and not the usual ten";
}

TEST_F(Tail, OfWhatIsNotThereIsNotFound) {
    ask("/tail/none");
    EXPECT_TRUE(received_.starts_with("HTTP/1.1 404 "));
    ask("/tail/");
    EXPECT_TRUE(received_.starts_with("HTTP/1.1 404 "));
}

/// A client that reads nothing: what the log is ahead of it is not kept here.
TEST_F(Tail, OfALogFasterThanItsClientWaits) {
    write(std::string(3'000'000, 'x'));
    ask("/tail/log?quiet_s=1");
    pass(Duration::seconds(30));
    EXPECT_EQ(unchunked(body()), std::string(3'000'000, 'x'));
}

}  // namespace
}  // namespace shunt::node
