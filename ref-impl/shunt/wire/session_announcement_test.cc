// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/session_announcement.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace shunt::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kId{0xAA, 0xBB, 0xCC};
const Bytes kBody{2, 3, 0xAA, 0xBB, 0xCC, 0, 0, 0, 7, 0, 0, 0x0E, 0x10};

TEST(SessionAnnouncement, IsAsThePageLaysItOut) {
    const SessionAnnouncement announcement{SessionKind::Tls, kId, 7, 3'600};
    Bytes body(announcement.size());
    announcement.write_to(body);
    EXPECT_EQ(body, kBody);
    const auto parsed = SessionAnnouncement::parse(kBody);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->kind, SessionKind::Tls);
    EXPECT_TRUE(std::ranges::equal(parsed->id, kId));
    EXPECT_EQ(parsed->server, 7U);
    EXPECT_EQ(parsed->lifetime_seconds, 3'600U);
}

TEST(SessionAnnouncement, AnotherLengthIsRefused) {
    for (std::size_t size = 0; size < kBody.size(); ++size)
        EXPECT_FALSE(SessionAnnouncement::parse(ByteView(kBody).first(size))) << size;
    Bytes longer = kBody;
    longer.push_back(0);
    EXPECT_FALSE(SessionAnnouncement::parse(longer));
}

TEST(SessionAnnouncement, WithoutAnIdOrOfAnotherKindItIsRefused) {
    EXPECT_FALSE(SessionAnnouncement::parse(Bytes{2, 0, 0, 0, 0, 7, 0, 0, 0, 1}));
    for (const std::uint8_t kind : Bytes{0, 3, 255}) {
        Bytes other = kBody;
        other[0] = kind;
        EXPECT_FALSE(SessionAnnouncement::parse(other)) << int{kind};
    }
}

}  // namespace
}  // namespace shunt::wire
