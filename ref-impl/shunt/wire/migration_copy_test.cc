// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/migration_copy.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

const MigrationCopy kCopy{.id = {.service = Ipv4Address(10, 7, 1, 1),
                                 .service_port = 80,
                                 .initial_send_sequence = SequenceNumber(0x01020304),
                                 .epoch = 2},
                          .copy = 0xC0FFEE00};

Packet frame_of(PacketPool& pool, EncapsulationType type, bool has_payload) {
    Packet packet = pool.take();
    if (has_payload) kCopy.append_to(packet);
    EncapsulationHeader{.type = type}.prepend_to(packet);
    return packet;
}

TEST(MigrationCopyTest, WritesLengthIdAndCopy) {
    PacketPool pool;
    Packet packet = pool.take();
    kCopy.append_to(packet);
    EXPECT_EQ(test::to_hex(packet.bytes()),
              "00 12 0a 07 01 01 00 50 01 02 03 04 00 00 00 02 c0 ff ee 00");
}

TEST(MigrationCopyTest, ThreeTypesCarryIt) {
    PacketPool pool;
    for (const EncapsulationType type :
         {EncapsulationType::Acknowledgement, EncapsulationType::Release, EncapsulationType::Go}) {
        const Packet packet = frame_of(pool, type, true);
        const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
        ASSERT_TRUE(view);
        EXPECT_EQ(MigrationCopy::parse(*view), kCopy);
    }
}

TEST(MigrationCopyTest, AnAcknowledgementOfTheBaseFormHasNone) {
    PacketPool pool;
    const Packet packet = frame_of(pool, EncapsulationType::Acknowledgement, false);
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
    ASSERT_TRUE(view);
    EXPECT_EQ(MigrationCopy::parse(*view), std::nullopt);
}

}  // namespace
}  // namespace shunt::wire
