// SPDX-License-Identifier: Apache-2.0
/// Cookies, hellos, responses and control bodies of sessions and objects: known bytes, and every
/// cut.
#include <gtest/gtest.h>

#include <algorithm>

#include "pdu/farm_message.hh"
#include "pdu/http_message.hh"
#include "pdu/session_cookie.hh"
#include "pdu/tls_hello.hh"

namespace conform {
namespace {

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i);
    return bytes;
}

/// The vector of the security page.
TEST(SessionCodec, TheKeyIsThePages) {
    EXPECT_EQ(to_hex(derive_session_key(counting(32), 7)), "c4d23c26b8627d30f95ec6540345bc16");
    EXPECT_NE(derive_session_key(counting(32), 8), derive_session_key(counting(32), 7));
}

/// The 12 bytes 00 01 .. 0b under the key 00 01 .. 0f, as SipHash's authors compute it.
TEST(SessionCodec, TheTagIsSipHashWith16Bytes) {
    const SessionId session{0x00010203, 0x0405060708090A0B};
    EXPECT_EQ(to_hex(session_tag(counting(16), session)), "d626b266905ef35882634df68532c125");
}

TEST(SessionCodec, AValueIsReadByWhoHasTheKeyAndByNobodyElse) {
    const Bytes key = counting(16);
    const SessionId session{3, 0x1122334455667788};
    const std::string value = session_value(key, session);
    EXPECT_EQ(value.substr(0, 24), "000000031122334455667788");
    EXPECT_EQ(value.size(), kSessionValueSize);
    EXPECT_EQ(read_session_value(key, value), session);
    for (std::size_t at = 0; at < value.size(); ++at) {
        std::string changed = value;
        changed[at] = changed[at] == '0' ? '1' : '0';
        EXPECT_FALSE(read_session_value(key, changed)) << at;
    }
    Bytes other = key;
    other[15] ^= 1U;
    EXPECT_FALSE(read_session_value(other, value));
    EXPECT_FALSE(read_session_value(key, value.substr(1)));
    EXPECT_FALSE(read_session_value(key, value + "0"));
    EXPECT_FALSE(read_session_value(key, ""));
}

TEST(SessionCodec, AHelloHasItsIdWhereTheStandardPutsIt) {
    const Bytes message = encode(ClientHello{counting(32)});
    EXPECT_EQ(to_hex(ByteView(message).first(6)), "010000510303");
    EXPECT_EQ(message[38], 32);
    EXPECT_EQ(message[39], 0);
    EXPECT_EQ(message[70], 31);
    EXPECT_EQ(message.size(), 4U + 0x51);
    ClientHello modern{counting(32)};
    modern.is_of_tls13 = true;
    EXPECT_EQ(encode(modern).size(), message.size() + 7);
    const Bytes records = to_records(message, 40);
    EXPECT_EQ(to_hex(ByteView(records).first(5)), "1603010028");
    EXPECT_EQ(to_hex(ByteView(records).subspan(45, 5)), "1603010028");
    EXPECT_EQ(records.size(), message.size() + 15);
}

TEST(SessionCodec, AResponseIsReadWhenItsHeadIsWhole) {
    const Bytes bytes = to_bytes(
        "HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b\r\ncontent-length:  7 \r\n"
        "set-cookie: c=d; Path=/\r\n\r\nmissing");
    for (std::size_t size = 0; size + 7 < bytes.size(); ++size)
        EXPECT_FALSE(parse_http_response(ByteView(bytes).first(size))) << size;
    const auto response = parse_http_response(bytes);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 404U);
    EXPECT_EQ(response->content_length, 7U);
    EXPECT_EQ(response->head_size + 7, bytes.size());
    EXPECT_EQ(response->values_of("SET-COOKIE"), (std::vector<std::string>{"a=b", "c=d; Path=/"}));
    EXPECT_EQ(parse_http_response(to_bytes("SSH-2.0 200\r\n\r\n"))->status, 0U);
    EXPECT_EQ(parse_http_response(to_bytes("HTTP/1.1 x\r\n\r\n"))->status, 0U);
    const auto hostile = parse_http_response(
        to_bytes("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"));
    EXPECT_LT(hostile->content_length.value_or(0), std::size_t{1} << 62) << "sums overflow";
    EXPECT_FALSE(parse_http_response(to_bytes("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
                     ->content_length);
}

/// Every body as the page lays it out, and refused at every other length.
TEST(SessionCodec, ControlBodiesAreThePages) {
    const Bytes told = encode(SessionTold{session_kind::kTls, counting(3), 7, 3'600});
    EXPECT_EQ(to_hex(told), "02030001020000000700000e10");
    EXPECT_EQ(parse_session_told(told)->lifetime_s, 3'600U);
    const Bytes create = encode(ObjectCreate{"abc", counting(2)});
    EXPECT_EQ(to_hex(create),
              "0361626300000002"
              "0001");
    EXPECT_EQ(parse_object_create(create)->class_name, "abc");
    const Bytes created = encode(ObjectCreated{0x0102030405060708, 2});
    EXPECT_EQ(to_hex(created), "01020304050607080002");
    EXPECT_EQ(parse_object_created(created)->status, 2U);
    const Bytes call = encode(ObjectCall{9, counting(1)});
    EXPECT_EQ(to_hex(call), "00000000000000090000000100");
    EXPECT_EQ(parse_object_call(call)->handle, 9U);
    const Bytes result = encode(ObjectResult{3, counting(1)});
    EXPECT_EQ(to_hex(result), "00030000000100");
    EXPECT_EQ(parse_object_result(result)->status, 3U);
}

template <class Parse>
void expect_refused(Bytes body, Parse parse) {
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(parse(ByteView(body).first(size))) << size;
    EXPECT_TRUE(parse(body));
    body.push_back(0);
    EXPECT_FALSE(parse(body));
}

TEST(SessionCodec, BodiesOfAnotherLengthAreRefused) {
    expect_refused(encode(SessionTold{session_kind::kTls, counting(3), 7, 1}), parse_session_told);
    expect_refused(encode(ObjectCreate{"abc", counting(2)}), parse_object_create);
    expect_refused(encode(ObjectCreated{1, 0}), parse_object_created);
    expect_refused(encode(ObjectCall{9, counting(4)}), parse_object_call);
    expect_refused(encode(ObjectResult{0, counting(4)}), parse_object_result);
}

}  // namespace
}  // namespace conform
