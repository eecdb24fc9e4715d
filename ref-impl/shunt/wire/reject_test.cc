// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/reject.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

RejectMessage message(std::uint16_t reason) {
    return {.id = {.service = Ipv4Address(10, 7, 1, 1),
                   .service_port = 80,
                   .initial_send_sequence = SequenceNumber(0x01020304),
                   .epoch = 2},
            .reason = static_cast<RejectReason>(reason)};
}

Result<RejectMessage, Counter> round_trip(const RejectMessage& rejection) {
    PacketPool pool;
    Packet packet = pool.take();
    rejection.append_to(packet);
    EncapsulationHeader{.type = EncapsulationType::Reject}.prepend_to(packet);
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
    EXPECT_TRUE(view) << test::to_hex(packet.bytes());
    return RejectMessage::parse(*view);
}

TEST(RejectTest, WritesLengthIdAndReason) {
    PacketPool pool;
    Packet packet = pool.take();
    message(5).append_to(packet);
    EXPECT_EQ(test::to_hex(packet.bytes()),
              "00 10 0a 07 01 01 00 50 01 02 03 04 00 00 00 02 00 05");
}

TEST(RejectTest, TheSevenReasonsComeBack) {
    for (std::uint16_t reason = 1; reason <= 7; ++reason) {
        const auto rejection = round_trip(message(reason));
        ASSERT_TRUE(rejection) << reason;
        EXPECT_EQ(*rejection, message(reason));
    }
}

TEST(RejectTest, OtherReasonsAreRefused) {
    for (const std::uint16_t reason : std::vector<std::uint16_t>{0, 8, 0x0100, 0xFFFF}) {
        const auto rejection = round_trip(message(reason));
        ASSERT_FALSE(rejection) << reason;
        EXPECT_EQ(rejection.error(), Counter::DropEncapsulationPayload);
    }
}

}  // namespace
}  // namespace shunt::wire
