// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_cookie.hh"

#include <gtest/gtest.h>

namespace shunt::farm {
namespace {

// The session key of the farm of docs/protocol/security.md's test vectors.
constexpr SipKey kKey{0x307D62B8263CD2C4U, 0x16BC450354C65EF9U};
const SessionCookie kCookie("SHUNT", kKey);
constexpr SessionId kSession{2, 0x0123'4567'89ab'cdef};

TEST(SessionCookie, IsServerNumberAndTheTagOfBoth) {
    const std::string value = kCookie.value_of(kSession);
    EXPECT_EQ(value.size(), SessionCookie::kValueSize);
    EXPECT_EQ(value, "000000020123456789abcdef5697f1ef9788a70ab6cf9b5b0c2aa55f");
    EXPECT_EQ(kCookie.field_for(kSession), "Set-Cookie: SHUNT=" + value + "; Path=/; HttpOnly\r\n");
}

TEST(SessionCookie, IsReadBack) {
    for (const SessionId session : {kSession, SessionId{1, 0}, SessionId{0xFFFF'FFFF, ~0ULL}})
        EXPECT_EQ(kCookie.read(kCookie.value_of(session)), session);
}

TEST(SessionCookie, NoDigitMayDiffer) {
    const std::string value = kCookie.value_of(kSession);
    for (std::size_t i = 0; i < value.size(); ++i) {
        std::string other = value;
        other[i] = other[i] == '0' ? '1' : '0';
        EXPECT_FALSE(kCookie.read(other)) << "digit " << i;
    }
}

TEST(SessionCookie, WhatIsNoValueOfOursIsNone) {
    const std::string value = kCookie.value_of(kSession);
    std::string upper = value;
    upper.replace(upper.find('a'), 1, "A");
    EXPECT_FALSE(kCookie.read(upper)) << "lower-case digits alone, so that each has one value";
    EXPECT_FALSE(kCookie.read(value + "0"));
    EXPECT_FALSE(kCookie.read(value.substr(1)));
    EXPECT_FALSE(kCookie.read(""));
    EXPECT_FALSE(kCookie.read("+" + value.substr(1)));
    EXPECT_FALSE(kCookie.read("0x" + value.substr(2)));
    EXPECT_FALSE(SessionCookie("SHUNT", {1, 2}).read(value)) << "of another farm";
}

TEST(SessionCookie, IsFoundAmongOthers) {
    const std::string value = kCookie.value_of(kSession);
    EXPECT_EQ(kCookie.find("SHUNT=" + value), kSession);
    EXPECT_EQ(kCookie.find("a=b; SHUNT=" + value + "; c"), kSession);
    EXPECT_EQ(kCookie.find(";; SHUNT=\t" + value + " ;"), kSession);
    EXPECT_EQ(kCookie.find("SHUNT=forged; SHUNT=" + value), kSession) << "the genuine one";
    EXPECT_FALSE(kCookie.find("XSHUNT=" + value));
    EXPECT_FALSE(kCookie.find("shunt=" + value)) << "names are compared as they are";
    EXPECT_FALSE(kCookie.find("a=SHUNT=" + value));
    EXPECT_FALSE(kCookie.find("SHUNT =" + value)) << "no blank belongs to a name";
    EXPECT_FALSE(kCookie.find("a SHUNT=" + value));
    EXPECT_FALSE(kCookie.find("SHUNTS=" + value));
    EXPECT_FALSE(kCookie.find("SHUNT"));
    EXPECT_FALSE(kCookie.find(""));
    EXPECT_FALSE(kCookie.find(std::string(8'000, ';')));
}

}  // namespace
}  // namespace shunt::farm
