// SPDX-License-Identifier: Apache-2.0
// The HTTP application over one TCP connection without a network in between.
#include <gtest/gtest.h>

#include <string>

#include "shunt/node/conversation_fixture.hh"

namespace shunt::node {
namespace {

using HttpAnswers = ConversationFixture;

TEST_F(HttpAnswers, HeadIsAnsweredWithoutABodyAndTheNextRequestFollows) {
    const auto head = answer_to("HEAD /bytes/10 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(head, "Content-Length: 10\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    EXPECT_TRUE(answer_to("GET /bytes/3 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n000"));
}

TEST_F(HttpAnswers, APostedBodyIsPassedOver) {
    EXPECT_EQ(answer_to("POST /bytes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET /"), "");
    EXPECT_TRUE(answer_to("byteGET /bytes/2 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n00"));
}

TEST_F(HttpAnswers, ABodyThatEndsTooSoonResetsTheConnection) {
    answer_to("POST /bytes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET /");
    client_->close();
    exchange();
    EXPECT_EQ(received_, "");
    EXPECT_TRUE(client_->is_closed());
}

TEST_F(HttpAnswers, AChunkedRequestIsRefusedAndIsTheLast) {
    const auto answer = answer_to(
        "POST /bytes/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nGET /\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 411 "));
    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait) << "the server has closed";
    EXPECT_EQ(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST_F(HttpAnswers, WhatIsNotHttpIsRefusedAndIsTheLast) {
    EXPECT_TRUE(answer_to("\x16\x03\x01 hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(HttpAnswers, AHeadWithoutEndIsRefused) {
    const auto answer = answer_to("GET /" + std::string(10'000, 'a'));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpAnswers, AnEmptyObjectHasAnEmptyBody) {
    shelf_.objects["/empty"] = {0, ""};
    const auto answer = answer_to("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(has(answer, "Content-Length: 0\r\n") && answer.ends_with("\r\n\r\n"));
    EXPECT_TRUE(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n0"));
}

TEST_F(HttpAnswers, AnObjectThatShrinksResetsTheConnection) {
    shelf_.objects["/log"] = {100'000, std::string(60'000, 'x')};
    answer_to("GET /log HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client_->is_closed()) << "a short body must not look complete";
    EXPECT_TRUE(server_->is_closed());
}

TEST_F(HttpAnswers, AnAbsoluteTargetNamesTheSameObject) {
    shelf_.objects["/a"] = {2, "hi"};
    EXPECT_TRUE(
        answer_to("GET http://x/a?q=1 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nhi"));
}

TEST_F(HttpAnswers, AnEncodedTargetNamesTheObjectThatItStandsFor) {
    shelf_.objects["/a b"] = {3, "abc"};
    EXPECT_TRUE(answer_to("GET /a%20b?q HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nabc"));
    EXPECT_TRUE(answer_to("GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpAnswers, AnUnknownObjectAndAnUnknownMethodLeaveTheConnectionOpen) {
    EXPECT_TRUE(answer_to("GET /no HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(answer_to("BREW /no HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 501 "));
    EXPECT_EQ(client_->state(), tcp::State::Established);
}

TEST_F(HttpAnswers, AnHttp10RequestIsTheLast) {
    EXPECT_TRUE(answer_to("GET /bytes/1 HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n0"));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(HttpAnswers, PipelinedRequestsAreAnsweredInOrder) {
    const auto answer = answer_to(
        "GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /bytes/7 HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto first = answer.find("Content-Length: 1\r\n");
    const auto second = answer.find("Content-Length: 7\r\n");
    const auto third = answer.find("HTTP/1.1 404 ");
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
    EXPECT_NE(third, std::string::npos);
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

}  // namespace
}  // namespace shunt::node
