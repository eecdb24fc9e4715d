// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/request_start.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/farm/http_request.hh"

namespace shunt::farm {
namespace {

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<std::string> take_cookies(RequestStart& start) {
    std::vector<std::string> all;
    while (const auto cookies = start.next_cookies())
        all.emplace_back(*cookies);
    return all;
}

std::vector<std::string> cookies_of(std::string_view text) {
    RequestStart start(as_bytes(text));
    return take_cookies(start);
}

/// One whose fields have all been looked at.
RequestStart read(std::string_view text) {
    RequestStart start(as_bytes(text));
    take_cookies(start);
    return start;
}

constexpr std::string_view kRequest =
    "GET /s2/x?y=1 HTTP/1.1\r\nHost: a\r\nCookie: b=c; SHUNT=1\r\nX: y\r\n\r\nbody";

TEST(RequestStart, HasTheTargetOnceTheLineIsWhole) {
    const std::size_t line = kRequest.find("\r\n") + 2;
    for (std::size_t size = 0; size < line; ++size) {
        EXPECT_FALSE(read(kRequest.substr(0, size)).target()) << size;
        EXPECT_FALSE(read(kRequest.substr(0, size)).is_over()) << size;
    }
    for (std::size_t size = line; size <= kRequest.size(); ++size)
        EXPECT_EQ(read(kRequest.substr(0, size)).target(), "/s2/x?y=1") << size;
}

TEST(RequestStart, ReadsNoFurtherThanItIsAsked) {
    RequestStart start(as_bytes(kRequest));
    EXPECT_FALSE(start.is_over()) << "nobody has asked for its fields";
    EXPECT_TRUE(start.next_cookies());
    EXPECT_FALSE(start.is_over());
    EXPECT_FALSE(start.next_cookies());
    EXPECT_TRUE(start.is_over());
    EXPECT_FALSE(start.next_cookies());
}

TEST(RequestStart, IsOverWithTheEmptyLine) {
    const std::size_t head = kRequest.find("\r\n\r\n") + 4;
    for (std::size_t size = 0; size < head; ++size)
        EXPECT_FALSE(read(kRequest.substr(0, size)).is_over()) << size;
    EXPECT_TRUE(read(kRequest.substr(0, head)).is_over());
    EXPECT_TRUE(read(kRequest).is_over());
    EXPECT_TRUE(read("GET / HTTP/1.0\r\n\r\n").is_over());
    EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r").is_over());
    EXPECT_TRUE(cookies_of("GET / HTTP/1.0\r\n\r\nCookie: a=b\r\n\r\n").empty());
}

TEST(RequestStart, SaysACookieWithItsLine) {
    const std::size_t line = kRequest.find("SHUNT=1\r\n") + 9;
    for (std::size_t size = 0; size < line; ++size)
        EXPECT_TRUE(cookies_of(kRequest.substr(0, size)).empty()) << size;
    for (std::size_t size = line; size <= kRequest.size(); ++size)
        EXPECT_EQ(cookies_of(kRequest.substr(0, size)), std::vector<std::string>{"b=c; SHUNT=1"})
            << size;
}

TEST(RequestStart, FindsEachCookieFieldAndNothingElse) {
    EXPECT_EQ(cookies_of("GET / HTTP/1.1\r\nCOOKIE:\t a=1 \r\nX-Cookie: no\r\nCookie2: no\r\n"
                         "Cookie : no\r\n Cookie: folded\r\ncookie:b=2\nCookie:\r\n\r\n"
                         "Cookie: body\r\n\r\n"),
              (std::vector<std::string>{"a=1", "b=2", ""}));
}

TEST(RequestStart, ATargetMayHaveBytesBeyondAscii) {
    EXPECT_EQ(read("GET /\xD0\xB0 HTTP/1.1\r\n").target(), "/\xD0\xB0");
}

TEST(RequestStart, OneEmptyLineMayComeBefore) {
    EXPECT_EQ(read("\r\nGET /x HTTP/1.1\r\n").target(), "/x");
    EXPECT_FALSE(read("\r").is_over());
    EXPECT_FALSE(read("\r\n").is_over());
    EXPECT_TRUE(read("\r\n\r\nGET /x HTTP/1.1\r\n").is_over());
}

TEST(RequestStart, WhatIsNoHttpIsOverAtOnce) {
    for (const std::string_view text :
         {"\x16\x03\x01", " GET / HTTP/1.1", "GET\t/", "G\x80", "\x01", "\rG", "@ / HTTP/1.1"}) {
        EXPECT_TRUE(read(text).is_over()) << text;
        EXPECT_FALSE(read(text).target()) << text;
    }
    for (const std::string_view line :
         {"GET / HTTP/2.0", "GET /", "GET  HTTP/1.1", "GET / x HTTP/1.1", "GET /\x01 HTTP/1.1",
          "PRI * HTTP/2.0", "GET / HTTP/1.10", "GET / HTTP/1.1 "}) {
        const std::string text = std::string(line) + "\r\n";
        EXPECT_TRUE(read(text).is_over()) << line;
        EXPECT_FALSE(read(text).target()) << line;
    }
}

// The home peeks and the application parses: where both see a request they see the same one.
TEST(RequestStart, SeesTheTargetThatTheApplicationSees) {
    Rng rng(7);
    constexpr std::string_view alphabet = "GET /a?HTP1.0\r\n:Cookie;=\x01 ";
    std::size_t both = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string text(kRequest);
        const std::uint64_t changes = rng.next_u64() % 4;
        for (std::uint64_t i = 0; i < changes; ++i)
            text[rng.next_u64() % text.size()] = alphabet[rng.next_u64() % alphabet.size()];
        const auto parsed = parse_request_head(as_bytes(text));
        const auto* head = std::get_if<RequestHead>(&parsed);
        if (head == nullptr) continue;
        ++both;
        const RequestStart start = read(text);
        ASSERT_EQ(start.target(), head->target) << text;
        ASSERT_TRUE(start.is_over()) << text;
    }
    EXPECT_GT(both, 50'000U);
}

}  // namespace
}  // namespace shunt::farm
