// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/response_stream.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/node/conversation_fixture.hh"
#include "shunt/node/generated_content.hh"

namespace shunt::node {
namespace {

using Context = std::vector<std::uint8_t>;
constexpr std::size_t kFlagsAt = 2;
constexpr std::size_t kResponseAt = 19;

class Stream : public ConversationFixture {
  protected:
    void ask(std::string_view target, std::string_view fields = "") {
        received_.clear();
        const std::string text = "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" +
                                 std::string(fields) + "\r\n";
        client_->send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    /// HTTP has read the request and written what goes at once; the client has seen nothing yet.
    void begin(std::string_view target, std::string_view fields = "") {
        ask(target, fields);
        while (carry(*client_, *server_))
            continue;
        conversation_->advance(*server_, now_);
    }
    bool hand_to_stream() {
        const auto context = conversation_->context();
        conversation_ = ResponseStream::resume(shelf_, context.value());
        return conversation_ != nullptr;
    }
    bool hand_to_http() {
        const auto context = conversation_->context();
        conversation_ = HttpConversation::resume(shelf_, "s1", context.value());
        return conversation_ != nullptr;
    }
    bool ends_with_content(std::size_t size) const {
        std::string expected(size, '\0');
        generate(0, {reinterpret_cast<std::uint8_t*>(expected.data()), size});
        return received_.ends_with("\r\n\r\n" + expected);
    }
    /// Of a log of 1,000 bytes, of which all are sent.
    Context context_of_a_tail() {
        shelf_.objects["/log"] = {1'000, std::string(1'000, 'x')};
        begin("/tail/log");
        return conversation_->context().value();
    }
    bool takes(const Context& context) {
        return ResponseStream::resume(shelf_, context) != nullptr;
    }
};

TEST_F(Stream, GoesOnWhereHttpHasStopped) {
    begin("/bytes/3000000");
    ASSERT_TRUE(hand_to_stream());
    pass(Duration::seconds(5));
    EXPECT_TRUE(ends_with_content(3'000'000));
}

TEST_F(Stream, HttpGoesOnWhereItHasStoppedInTurn) {
    begin("/tail/bytes/50000");
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(hand_to_stream());
        pass(HttpResponse::kLookPause * 2);
        ASSERT_TRUE(hand_to_http());
        pass(HttpResponse::kLookPause * 2);
    }
    pass(Duration::seconds(1));
    EXPECT_TRUE(ends_with_content(50'000));
    ask("/bytes/7");
    pass(Duration::seconds(1));
    EXPECT_TRUE(ends_with_content(7));
}

TEST_F(Stream, AFollowedLogGoesOnAsOneResponse) {
    context_of_a_tail();
    ASSERT_TRUE(hand_to_stream());
    shelf_.objects["/log"] = {1'003, std::string(1'000, 'x') + "end"};
    pass(Duration::seconds(11));
    EXPECT_TRUE(received_.ends_with("x\r\n3\r\nend\r\n0\r\n\r\n")) << received_;
}

TEST_F(Stream, AContextComesBackAsItWas) {
    const Context tail = context_of_a_tail();
    EXPECT_EQ(ResponseStream::resume(shelf_, tail)->context(), tail);
    ASSERT_EQ(HttpConversation::resume(shelf_, "s2", tail)->context(), tail);
}

TEST_F(Stream, AFlagThatIsNotItsOwnGoesOnAsItCame) {
    Context context = context_of_a_tail();
    context[kFlagsAt] |= 0xF0;
    EXPECT_EQ(ResponseStream::resume(shelf_, context)->context(), context);
}

TEST_F(Stream, TakesNothingButAResponse) {
    EXPECT_FALSE(takes({})) << "nothing was said yet";
    EXPECT_FALSE(takes(conversation_->context().value())) << "the head of a request is awaited";
    answer_to("POST /bytes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nfour");
    EXPECT_FALSE(takes(conversation_->context().value())) << "a request's body is awaited";
}

TEST_F(Stream, RefusesEveryTruncationAndAByteMore) {
    Context whole = context_of_a_tail();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(takes({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
    EXPECT_TRUE(takes(whole));
    whole.push_back(0);
    EXPECT_FALSE(takes(whole));
}

TEST_F(Stream, RefusesWhatContradictsItself) {
    const Context whole = context_of_a_tail();
    const std::size_t end = whole.size();
    const auto refuses = [&](std::size_t at, std::uint8_t value) {
        Context context = whole;
        context.at(at) = value;
        return !takes(context);
    };
    EXPECT_TRUE(refuses(0, 2)) << "another format";
    EXPECT_TRUE(refuses(1, 0)) << "no response under way";
    EXPECT_TRUE(refuses(kFlagsAt, 2)) << "no response there";
    EXPECT_TRUE(refuses(kResponseAt, 5)) << "no such source";
    EXPECT_TRUE(refuses(kResponseAt, 4)) << "more is known than there will be";
    EXPECT_TRUE(refuses(kResponseAt + 16, 0)) << "less is known of it than was sent";
    EXPECT_TRUE(refuses(kResponseAt + 24, static_cast<std::uint8_t>(whole[kResponseAt + 24] ^ 1)))
        << "its last bytes are others";
    EXPECT_TRUE(refuses(end - 9, 0xFF)) << "it waits for years";
    EXPECT_TRUE(refuses(end - 5, 0xFF)) << "more looks are left than there are";
    Context no_looks = whole;
    no_looks.at(end - 3) = no_looks.at(end - 2) = 0;
    EXPECT_FALSE(takes(no_looks)) << "it is over, and does not say so";
    no_looks.back() |= 2;
    EXPECT_TRUE(takes(no_looks));
}

TEST_F(Stream, TakesALogWhoseCopyIsNotFarBehind) {
    const Context context = context_of_a_tail();
    shelf_.objects["/log"] = {999, std::string(999, 'x')};
    EXPECT_FALSE(takes(context));
    shelf_.objects["/log"] = {2'000, std::string(2'000, 'x')};
    EXPECT_TRUE(takes(context));
    shelf_.objects["/log"].bytes[999] = 'y';
    EXPECT_FALSE(takes(context)) << "another log";
    shelf_.objects.clear();
    EXPECT_FALSE(takes(context));
}

class Leaving : public Stream {
  protected:
    /// The response is whole, and nobody has asked it yet.
    void finish_response() {
        begin("/tail/bytes/3000");
        ASSERT_TRUE(hand_to_stream());
        exchange();
        now_ = now_ + HttpResponse::kLookPause;
        exchange();
        ASSERT_TRUE(ends_with_content(3'000));
        acknowledge();
    }
    /// The client's acknowledgment waits for company no longer.
    void acknowledge() {
        now_ = client_->poll_deadline().value();
        client_->handle_deadline(now_);
        exchange();
    }
};

TEST_F(Leaving, AsksOnceTheClientHasAll) {
    begin("/tail/bytes/3000");
    ASSERT_TRUE(hand_to_stream());
    exchange();
    now_ = now_ + HttpResponse::kLookPause;
    conversation_->advance(*server_, now_);
    EXPECT_FALSE(conversation_->asks_to_leave(now_)) << "nothing is acknowledged";
    EXPECT_EQ(conversation_->wake_at(), std::nullopt);
    exchange();
    EXPECT_FALSE(conversation_->asks_to_leave(now_)) << "nor now";
    acknowledge();
    EXPECT_TRUE(conversation_->asks_to_leave(now_));
    EXPECT_TRUE(hand_to_http());
    ask("/bytes/9");
    exchange();
    EXPECT_TRUE(ends_with_content(9));
}

TEST_F(Leaving, AsksSoOftenAndThenEndsTheConnection) {
    finish_response();
    unsigned tries = 0;
    const Instant begun = now_;
    while (client_->state() == tcp::State::Established && tries < 100) {
        if (conversation_->asks_to_leave(now_)) ++tries;
        EXPECT_FALSE(conversation_->asks_to_leave(now_)) << "once in each pause";
        const Instant next = conversation_->wake_at().value();
        ASSERT_GT(next, now_);
        now_ = next;
        exchange();
    }
    EXPECT_EQ(tries, ResponseStream::kTriesMax);
    EXPECT_GT(now_ - begun, Duration::seconds(15)) << "a home may have restarted meanwhile";
    EXPECT_LT(now_ - begun, Duration::seconds(60));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait) << "a FIN, no reset (RFC 9112 9.5)";
}

TEST_F(Leaving, DoesNotAskForAClientThatSaysNoMore) {
    begin("/tail/bytes/3000");
    ASSERT_TRUE(hand_to_stream());
    client_->close();
    exchange();
    now_ = now_ + HttpResponse::kLookPause;
    exchange();
    EXPECT_TRUE(ends_with_content(3'000));
    acknowledge();
    EXPECT_FALSE(conversation_->asks_to_leave(now_));
    EXPECT_EQ(client_->state(), tcp::State::TimeWait);
}

TEST_F(Leaving, EndsWhereTheHeadHasSaidSo) {
    begin("/tail/bytes/3000", "Connection: close\r\n");
    ASSERT_TRUE(hand_to_stream());
    exchange();
    now_ = now_ + HttpResponse::kLookPause;
    exchange();
    EXPECT_TRUE(ends_with_content(3'000));
    EXPECT_FALSE(conversation_->asks_to_leave(now_));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(Leaving, WhatTheClientSaysNextWaitsUnread) {
    finish_response();
    ask("/bytes/5");
    exchange();
    EXPECT_EQ(received_, "");
    ASSERT_TRUE(conversation_->asks_to_leave(now_));
    ASSERT_TRUE(hand_to_http());
    exchange();
    EXPECT_TRUE(ends_with_content(5));
}

TEST_F(Leaving, AnObjectThatShrinksResetsTheConnection) {
    shelf_.objects["/file"] = {3'000'000, std::string(1'500'000, 'x')};
    begin("/file");
    ASSERT_TRUE(hand_to_stream());
    pass(Duration::seconds(5));
    EXPECT_TRUE(client_->is_closed()) << "a short body must not look complete";
}

}  // namespace
}  // namespace shunt::node
