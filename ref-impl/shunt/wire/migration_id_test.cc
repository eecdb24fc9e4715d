// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/migration_id.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

TEST(MigrationIdTest, EveryFieldHasItsPlace) {
    const test::Bytes bytes = test::from_hex("FF 0A070101 0050 01020304 A0B0C0D0");
    const MigrationId id = MigrationId::load(bytes, 1);
    EXPECT_EQ(id.service, Ipv4Address(10, 7, 1, 1));
    EXPECT_EQ(id.service_port, 80);
    EXPECT_EQ(id.initial_send_sequence, SequenceNumber(0x01020304));
    EXPECT_EQ(id.epoch, 0xA0B0C0D0U);

    test::Bytes written(1 + MigrationId::kSize, 0xFF);
    id.store(written, 1);
    EXPECT_EQ(test::to_hex(written), test::to_hex(bytes));
}

TEST(MigrationIdTest, AnyFieldTellsAttemptsApart) {
    const test::Bytes bytes = test::from_hex("0A070101 0050 01020304 A0B0C0D0");
    const MigrationId id = MigrationId::load(bytes, 0);
    for (std::size_t at = 0; at < bytes.size(); ++at)
        EXPECT_NE(MigrationId::load(test::with_byte(bytes, at, 0x77), 0), id) << at;
}

}  // namespace
}  // namespace shunt::wire
