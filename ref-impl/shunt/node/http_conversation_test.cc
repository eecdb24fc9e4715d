// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/http_conversation.hh"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "shunt/node/farm_fixture.hh"

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

}  // namespace
}  // namespace shunt::node
