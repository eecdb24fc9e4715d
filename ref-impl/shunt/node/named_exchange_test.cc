// SPDX-License-Identifier: Apache-2.0
// Exchanges of content that names its stream: what is asked for, what is brought, and both once the
// application has moved in their middle (EP-42).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/node/conversation_fixture.hh"
#include "shunt/node/named_content.hh"
#include "shunt/node/response_stream.hh"

namespace shunt::node {
namespace {

constexpr std::uint32_t kStream = 0x0A1B2C;
constexpr std::size_t kSourceAt = 19;

std::string content(std::size_t size, std::uint32_t stream = kStream) {
    std::string text(size, '\0');
    generate_named(stream, 0, {reinterpret_cast<std::uint8_t*>(text.data()), size});
    return text;
}

class NamedExchange : public ConversationFixture {
  protected:
    void say(std::string_view text) {
        client_->send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    void ask(const std::string& target) {
        received_.clear();
        say("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    std::string post_head(const std::string& target, std::size_t size) {
        return "POST " + target +
               " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    }
    std::string status_of_post(const std::string& target, const std::string& body) {
        const auto answer = answer_to(post_head(target, body.size()) + body);
        return answer.substr(0, answer.find('\r'));
    }
    /// The same application of another server goes on.
    bool move() {
        const auto context = conversation_->context();
        conversation_ = HttpConversation::resume(shelf_, "s2", context.value());
        return conversation_ != nullptr;
    }
};

TEST_F(NamedExchange, AResponseCarriesTheStreamThatItsRequestNames) {
    for (const std::size_t size : {0U, 1U, 333U, 300'000U}) {
        ask("/s2/bytes/" + std::to_string(size) + "?stream=0a1b2c");
        pass(Duration::seconds(5));
        EXPECT_TRUE(received_.ends_with("\r\n\r\n" + content(size))) << size;
    }
}

TEST_F(NamedExchange, AStreamThatCannotBeNamedIsRefusedAndTheConnectionStays) {
    for (const char* target : {"/bytes/1?stream=0A1B2C", "/bytes/1?stream=", "/bytes/1?stream=12",
                               "/bytes/68719476737?stream=0a1b2c"}) {
        ask(target);
        exchange();
        EXPECT_TRUE(received_.starts_with("HTTP/1.1 400 ")) << target;
    }
    EXPECT_TRUE(answer_to("HEAD /bytes/68719476736?stream=0a1b2c HTTP/1.1\r\nHost: x\r\n\r\n")
                    .starts_with("HTTP/1.1 200 "));
}

TEST_F(NamedExchange, ABodyOfTheStreamIsAcceptedAndGivenBack) {
    const std::string body = content(10'001);
    const auto answer =
        answer_to(post_head("/bytes/10001?verify&stream=0a1b2c", body.size()) + body);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
}

TEST_F(NamedExchange, ABodyOfAnotherLengthIsRefusedAndTheConnectionStays) {
    for (const std::size_t size : {999U, 1'001U, 0U}) {
        EXPECT_EQ(status_of_post("/bytes/1000?verify&stream=0a1b2c", content(size)),
                  "HTTP/1.1 422 Unprocessable Content")
            << size;
    }
    EXPECT_EQ(status_of_post("/bytes/1000?stream=0a1b2c", content(999)), "HTTP/1.1 200 OK")
        << "not asked to";
    EXPECT_EQ(status_of_post("/bytes/1000?verify&stream=0a1b2c", content(1'000)),
              "HTTP/1.1 200 OK");
}

TEST_F(NamedExchange, ABodyOfAnotherStreamIsRefused) {
    EXPECT_EQ(status_of_post("/bytes/1000?verify&stream=0a1b2c", content(1'000, kStream + 1)),
              "HTTP/1.1 422 Unprocessable Content");
}

TEST_F(NamedExchange, ABodyWithOneWrongByteIsRefused) {
    std::string body = content(1'000);
    body.back() ^= 1;
    EXPECT_EQ(status_of_post("/bytes/1000?verify&stream=0a1b2c", body),
              "HTTP/1.1 422 Unprocessable Content");
}

TEST_F(NamedExchange, AResponseGoesOnWithItsStreamBehindAMove) {
    ask("/bytes/3000000?stream=0a1b2c");
    while (carry(*client_, *server_))
        continue;
    conversation_->advance(*server_, now_);
    const auto context = conversation_->context().value();
    ASSERT_TRUE(move());
    EXPECT_EQ(conversation_->context(), context);
    conversation_ = ResponseStream::resume(shelf_, context);
    ASSERT_NE(conversation_, nullptr);
    pass(Duration::seconds(5));
    EXPECT_TRUE(received_.ends_with("\r\n\r\n" + content(3'000'000)));
}

TEST_F(NamedExchange, ABodyIsVerifiedBehindAMoveToo) {
    for (const bool is_right : {true, false}) {
        std::string body = content(5'000);
        if (!is_right) body[4'000] ^= 1;
        answer_to(post_head("/bytes/5000?verify&stream=0a1b2c", 5'000) + body.substr(0, 2'345));
        ASSERT_TRUE(move());
        EXPECT_EQ(answer_to(body.substr(2'345)).substr(9, 3), is_right ? "200" : "422");
    }
}

TEST_F(NamedExchange, AContextWithAStreamThatCannotBeIsRefused) {
    ask("/bytes/3000000?stream=0a1b2c");
    while (carry(*client_, *server_))
        continue;
    conversation_->advance(*server_, now_);
    const auto whole = conversation_->context().value();
    ASSERT_EQ(whole.at(kSourceAt), 5U);
    const auto is_taken = [&](const std::vector<std::uint8_t>& context) {
        return HttpConversation::resume(shelf_, "s2", context) != nullptr;
    };
    ASSERT_TRUE(is_taken(whole));
    auto greater = whole;
    greater.at(greater.size() - 4) = 1;
    EXPECT_FALSE(is_taken(greater)) << "more than six digits";
    auto longer = whole;
    longer.at(kSourceAt + 9 + 3) = 0x11;
    EXPECT_FALSE(is_taken(longer)) << "more than 64 GiB";
    auto unknown = whole;
    unknown.at(kSourceAt) = 6;
    EXPECT_FALSE(is_taken(unknown)) << "a source that is not known";
    EXPECT_FALSE(is_taken({whole.begin(), whole.end() - 1}));
}

}  // namespace
}  // namespace shunt::node
