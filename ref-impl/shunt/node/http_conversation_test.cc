// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/http_conversation.hh"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "shunt/node/farm_fixture.hh"
#include "shunt/node/generated_content.hh"

namespace shunt::node {
namespace {

class HttpConversationOnANode : public FarmFixture {
  protected:
    std::size_t count(std::string_view text) const {
        std::size_t found = 0;
        for (std::size_t at = received_.find(text); at != std::string::npos;
             at = received_.find(text, at + text.size())) {
            ++found;
        }
        return found;
    }
};

// The receive queue is a ring: sooner or later the head of a request lies across its end.
TEST_F(HttpConversationOnANode, ReadsRequestsWhereverTheReceiveRingWraps) {
    build(true);
    connect();
    run_for(Duration::milliseconds(10));
    constexpr std::size_t kRequests = 500;
    for (std::size_t i = 1; i <= kRequests; ++i) {
        request("/bytes/16?" + std::string(i % 200, 'x'));
        run_for(Duration::milliseconds(10));
        ASSERT_EQ(count("HTTP/1.1 200 OK"), i);
    }
}

class HttpConversationVerifiesABody : public HttpConversationOnANode {
  protected:
    std::string answer_to(const std::string& target, const std::string& body) {
        build(true);
        connect();
        run_for(Duration::milliseconds(10));
        say("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
        run_for(Duration::milliseconds(500));
        return received_.substr(0, received_.find('\r'));
    }
    static std::string content(std::size_t size) {
        std::string text(size, '\0');
        generate(0, {reinterpret_cast<std::uint8_t*>(text.data()), size});
        return text;
    }
};

TEST_F(HttpConversationVerifiesABody, WhereAskedTo) {
    EXPECT_EQ(answer_to("/bytes/5?verify", content(10'001)), "HTTP/1.1 200 OK");
}

TEST_F(HttpConversationVerifiesABody, AndRefusesOneWrongByte) {
    std::string body = content(10'001);
    body.back() = 'x';
    EXPECT_EQ(answer_to("/bytes/5?verify", body), "HTTP/1.1 422 Unprocessable Content");
}

TEST_F(HttpConversationVerifiesABody, AndTakesAnyWhereNotAsked) {
    EXPECT_EQ(answer_to("/bytes/5", std::string(10'001, 'x')), "HTTP/1.1 200 OK");
}

}  // namespace
}  // namespace shunt::node
