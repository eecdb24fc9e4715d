// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/http_request.hh"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace shunt::farm {
namespace {

ParsedRequest parse(std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return parse_request_head(bytes);
}

RequestHead complete(std::string_view text) {
    const ParsedRequest parsed = parse(text);
    const auto* head = std::get_if<RequestHead>(&parsed);
    EXPECT_NE(head, nullptr) << text;
    return head == nullptr ? RequestHead{} : *head;
}

bool is_malformed(std::string_view text) {
    return std::holds_alternative<MalformedRequest>(parse(text));
}

constexpr std::string_view kSimple =
    "GET /bytes/100?x=1 HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n";

TEST(HttpRequest, ReadsTheHead) {
    const RequestHead head = complete(kSimple);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/bytes/100?x=1");
    EXPECT_EQ(head.host, "a.example");
    EXPECT_EQ(head.cookies, "");
    EXPECT_EQ(head.content_length, std::nullopt);
    EXPECT_FALSE(head.is_chunked);
    EXPECT_TRUE(head.is_kept_alive);
    EXPECT_EQ(head.header_bytes, kSimple.size());
}

TEST(HttpRequest, StopsBehindTheHead) {
    const std::string text =
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\n";
    const RequestHead head = complete(text);
    EXPECT_EQ(head.content_length, 5U);
    EXPECT_EQ(text.substr(head.header_bytes, 5), "hello");
}

TEST(HttpRequest, IsIncompleteAtEveryCut) {
    for (std::size_t size = 0; size < kSimple.size(); ++size) {
        const ParsedRequest parsed = parse(kSimple.substr(0, size));
        EXPECT_TRUE(std::holds_alternative<IncompleteRequest>(parsed)) << size;
    }
}

TEST(HttpRequest, RefusesARequestLineBeforeTheHeadIsComplete) {
    EXPECT_TRUE(is_malformed("\x16\x03\x01 not http\r\n"));
    EXPECT_TRUE(is_malformed("GET  HTTP/1.1\r\n"));
    EXPECT_TRUE(is_malformed("GET /\r\n"));
    EXPECT_TRUE(is_malformed("GET / HTTP/2.0\r\n"));
}

TEST(HttpRequest, RefusesMalformedFields) {
    EXPECT_TRUE(is_malformed("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"));
    EXPECT_TRUE(is_malformed("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"));
    EXPECT_TRUE(is_malformed("GET / HTTP/1.1\r\nHost : a\r\n\r\n"));
}

TEST(HttpRequest, WantsExactlyOneHostSinceHttp11) {
    EXPECT_TRUE(is_malformed("GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"));
    EXPECT_TRUE(is_malformed("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
    EXPECT_EQ(complete("GET /old HTTP/1.0\r\n\r\n").target, "/old");
    EXPECT_TRUE(is_malformed("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"));
}

// Two lengths of one body are two readings of one stream (RFC 9112 6.3): request smuggling.
TEST(HttpRequest, TakesABodyOfAnyLength) {
    for (const std::string length : {"1048576", "1048577", "1000000000000000"}) {
        const auto head =
            complete("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
        EXPECT_EQ(head.content_length, std::stoull(length));
    }
}

TEST(HttpRequest, RefusesEveryAmbiguousBodyLength) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_TRUE(is_malformed(start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"));
    EXPECT_TRUE(is_malformed(start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"));
    EXPECT_TRUE(is_malformed(start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_TRUE(is_malformed(start + "Transfer-Encoding: chunked, gzip\r\n\r\n"));
    EXPECT_TRUE(complete(start + "Transfer-Encoding: chunked\r\n\r\n").is_chunked);
}

TEST(HttpRequest, KnowsWhetherTheConnectionIsKept) {
    EXPECT_FALSE(complete("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").is_kept_alive);
    EXPECT_FALSE(complete("GET / HTTP/1.0\r\nHost: a\r\n\r\n").is_kept_alive);
    EXPECT_TRUE(
        complete("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").is_kept_alive);
}

TEST(HttpRequest, JoinsCookieFields) {
    const RequestHead head =
        complete("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2\r\nCOOKIE: c=3\r\n\r\n");
    EXPECT_EQ(head.cookies, "a=1; b=2; c=3");
}

TEST(HttpRequest, IgnoresOneEmptyLineBeforeTheRequest) {
    const std::string text = "\r\n" + std::string(kSimple);
    EXPECT_EQ(complete(text).header_bytes, text.size());
    const ParsedRequest parsed = parse("\r\nGET /a HTTP/1.1\r\n");
    ASSERT_TRUE(std::holds_alternative<IncompleteRequest>(parsed));
}

std::string head_of_size(std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    const std::string end = "\r\n\r\n";
    return start + std::string(size - start.size() - end.size(), 'x') + end;
}

TEST(HttpRequest, RefusesAHeadAboveTheBound) {
    EXPECT_EQ(complete(head_of_size(kRequestHeadBytesMax)).header_bytes, kRequestHeadBytesMax);
    EXPECT_TRUE(is_malformed(head_of_size(kRequestHeadBytesMax + 1)));
    EXPECT_TRUE(is_malformed(std::string(kRequestHeadBytesMax, 'A')));
    EXPECT_FALSE(is_malformed(std::string(kRequestHeadBytesMax - 1, 'A')));
    EXPECT_TRUE(is_malformed("\r\n" + std::string(kRequestHeadBytesMax - 2, 'A')));
    EXPECT_FALSE(is_malformed("\r\n" + std::string(kRequestHeadBytesMax - 3, 'A')));
}

TEST(HttpRequest, NeverReadsPastTheGivenBytes) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::vector<std::uint8_t> bytes(64, static_cast<std::uint8_t>(byte));
        EXPECT_FALSE(std::holds_alternative<RequestHead>(parse_request_head(bytes))) << byte;
    }
}

}  // namespace
}  // namespace shunt::farm
