// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/tls_hello.hh"

#include <gtest/gtest.h>

#include <numeric>

namespace shunt::farm {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes id_of(std::size_t size) {
    Bytes id(size);
    std::iota(id.begin(), id.end(), std::uint8_t{0x40});
    return id;
}

void append(Bytes& bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

/// A handshake message: version 3.3, a random, the id, and what follows.
Bytes hello(std::uint8_t type, const Bytes& id, const Bytes& rest) {
    Bytes body{3, 3};
    body.resize(2 + 32, 0x77);
    body.push_back(static_cast<std::uint8_t>(id.size()));
    append(body, id);
    append(body, rest);
    const std::size_t size = body.size();
    Bytes message{type, 0, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    append(message, body);
    return message;
}

Bytes client_hello(const Bytes& id) {
    return hello(1, id, {0, 2, 0x13, 1, 1, 0});
}
Bytes server_hello(const Bytes& id, const Bytes& extensions = {}) {
    Bytes rest{0xC0, 0x2F, 0};
    append(rest, extensions);
    return hello(2, id, rest);
}

/// In records of `step` bytes.
Bytes records(const Bytes& message, std::size_t step) {
    Bytes stream;
    for (std::size_t at = 0; at < message.size(); at += step) {
        const std::size_t size = std::min(step, message.size() - at);
        append(stream,
               {22, 3, 1, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
        stream.insert(stream.end(), message.begin() + static_cast<std::ptrdiff_t>(at),
                      message.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    return stream;
}

const TlsHello* whole(const ParsedHello& parsed) {
    return std::get_if<TlsHello>(&parsed);
}
bool is_incomplete(const ParsedHello& parsed) {
    return std::holds_alternative<IncompleteHello>(parsed);
}
bool is_none(const ParsedHello& parsed) {
    return std::holds_alternative<NoHello>(parsed);
}

TEST(TlsHello, TheClientsIdIsReadHoweverItIsCut) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{32}}) {
        const Bytes message = client_hello(id_of(size));
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, message.size()}) {
            const Bytes stream = records(message, step);
            bool has_id = false;
            for (std::size_t length = 0; length <= stream.size(); ++length) {
                const auto parsed = read_client_hello(ByteView(stream).first(length));
                ASSERT_FALSE(is_none(parsed)) << length;
                ASSERT_FALSE(has_id && is_incomplete(parsed)) << "more bytes take nothing away";
                if (whole(parsed) == nullptr) continue;
                has_id = true;
                EXPECT_EQ(whole(parsed)->session_id, id_of(size));
            }
            EXPECT_TRUE(has_id);
        }
    }
}

TEST(TlsHello, WhatIsNoClientHelloIsKnownEarly) {
    EXPECT_TRUE(is_none(read_client_hello(Bytes{'G'})));
    EXPECT_TRUE(is_none(read_client_hello(Bytes{0x80, 0x2E, 1})));  // SSL 2.0
    EXPECT_TRUE(is_none(read_client_hello(Bytes{22, 2})));
    EXPECT_TRUE(is_none(read_client_hello(Bytes{22, 3, 1, 0, 0})));     // an empty record
    EXPECT_TRUE(is_none(read_client_hello(Bytes{22, 3, 1, 0x40, 1})));  // too long
    EXPECT_TRUE(is_none(read_client_hello(records(server_hello({}), 100))));
    EXPECT_TRUE(is_none(read_client_hello(Bytes{22, 3, 1, 0, 5, 1, 0, 0, 4, 3})));  // too short
    EXPECT_TRUE(is_incomplete(read_client_hello({})));
    EXPECT_TRUE(is_incomplete(read_client_hello(Bytes{22})));
}

TEST(TlsHello, AnIdIsNotLongerThanItsMessageNor32Bytes) {
    EXPECT_TRUE(is_none(read_client_hello(records(client_hello(id_of(33)), 200))));
    Bytes message = client_hello({});
    message[4 + 2 + 32] = 30;  // behind the end
    EXPECT_TRUE(is_none(read_client_hello(records(message, 200))));
}

TEST(TlsHello, AnotherRecordInsideEndsIt) {
    Bytes stream = records(client_hello(id_of(32)), 20);
    stream[25] = 21;  // an alert instead of the second piece
    EXPECT_TRUE(is_none(read_client_hello(stream)));
}

TEST(TlsHello, TheServersIdIsReadWhenItsHelloIsWhole) {
    const Bytes stream = records(server_hello(id_of(32), {0, 5, 0xFF, 1, 0, 1, 0}), 30);
    for (std::size_t length = 0; length < stream.size(); ++length)
        ASSERT_TRUE(is_incomplete(read_server_hello(ByteView(stream).first(length)))) << length;
    const auto parsed = read_server_hello(stream);
    ASSERT_NE(whole(parsed), nullptr);
    EXPECT_EQ(whole(parsed)->session_id, id_of(32));
    EXPECT_FALSE(whole(parsed)->is_echo);
    EXPECT_NE(whole(read_server_hello(records(server_hello({}), 200))), nullptr)
        << "without extensions";
}

TEST(TlsHello, InTls13TheIdIsAnEcho) {
    const auto parsed =
        read_server_hello(records(server_hello(id_of(32), {0, 6, 0, 43, 0, 2, 3, 4}), 200));
    ASSERT_NE(whole(parsed), nullptr);
    EXPECT_TRUE(whole(parsed)->is_echo);
}

TEST(TlsHello, ABrokenServerHelloIsNone) {
    EXPECT_TRUE(is_none(read_server_hello(records(server_hello({}, {0, 9, 0, 43}), 200))));
    EXPECT_TRUE(is_none(read_server_hello(records(server_hello({}, {0, 4, 0, 1, 0, 9}), 200))));
    EXPECT_TRUE(is_none(read_server_hello(records(client_hello({}), 200))));
    EXPECT_TRUE(is_none(read_server_hello(Bytes{22, 3, 3, 0x3F, 0xFF, 2, 0, 0x3F, 0xFB})))
        << "longer than any";
    EXPECT_TRUE(is_none(read_server_hello(Bytes{21, 3, 3, 0, 2, 2, 40}))) << "an alert";
}

}  // namespace
}  // namespace shunt::farm
