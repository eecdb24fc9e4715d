// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/challenge.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::with_byte;

const Bytes kPayload = from_hex("0011 01 0102030405060708 1122334455667788");

Result<Challenge, Counter> parse(const Bytes& payload) {
    PacketPool pool;
    Packet packet = pool.copy(payload);
    EncapsulationHeader{.type = EncapsulationType::Challenge}.prepend_to(packet);
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
    EXPECT_TRUE(view);
    return Challenge::parse(*view);
}

TEST(Challenge, IsReadWithNonceAndBootIndex) {
    const auto challenge = parse(kPayload);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(*challenge,
              (Challenge{ChallengeKind::Challenge, 0x0102030405060708, 0x1122334455667788}));
}

TEST(Challenge, IsAChallengeOrAnAnswer) {
    for (const unsigned kind : {0U, 1U, 2U, 3U, 255U}) {
        const auto challenge = parse(with_byte(kPayload, 2, static_cast<std::uint8_t>(kind)));
        EXPECT_EQ(static_cast<bool>(challenge), kind == 1 || kind == 2);
        if (!challenge) {
            EXPECT_EQ(challenge.error(), Counter::DropEncapsulationPayload);
        }
    }
}

}  // namespace
}  // namespace shunt::wire
