// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/send_buffer.hh"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::tcp {
namespace {

const std::vector<std::uint8_t> kBytes{1, 2, 3, 4, 5};

TEST(SendBuffer, CountsTheFinAsAnOctetBehindTheBytes) {
    SendBuffer buffer(100);
    buffer.append(kBytes);
    EXPECT_EQ(buffer.octets(), 5U);
    buffer.finish();
    EXPECT_EQ(buffer.size(), 5U);
    EXPECT_EQ(buffer.octets(), 6U);
    buffer.acknowledge(5);
    EXPECT_TRUE(buffer.has_fin());
    EXPECT_EQ(buffer.octets(), 1U);
    buffer.acknowledge(1);
    EXPECT_TRUE(buffer.is_fin_acknowledged());
    EXPECT_EQ(buffer.octets(), 0U);
}

TEST(SendBuffer, TakesNothingAfterItIsFinished) {
    SendBuffer buffer(100);
    buffer.finish();
    EXPECT_EQ(buffer.append(kBytes), 0U);
    EXPECT_EQ(buffer.free(), 0U);
}

TEST(SendBuffer, TakesWhatFits) {
    SendBuffer buffer(7);
    EXPECT_EQ(buffer.append(kBytes), 5U);
    EXPECT_EQ(buffer.append(kBytes), 2U);
    std::vector<std::uint8_t> out(3);
    buffer.acknowledge(4);
    buffer.read(0, out);
    EXPECT_EQ(out, (std::vector<std::uint8_t>{5, 1, 2}));
}

TEST(SendBufferDeathTest, RefusesAcknowledgmentsOfMoreThanItHolds) {
    SendBuffer buffer(7);
    buffer.append(kBytes);
    EXPECT_DEATH(buffer.acknowledge(6), "checked against SND.MAX");
}

TEST(SendBuffer, KeepsMuchMemoryOnlyWhileItHoldsMuch) {
    SendBuffer buffer(1'000'000);
    const std::vector<std::uint8_t> much(600'000, 1);
    ASSERT_EQ(buffer.append(much), much.size());
    buffer.acknowledge(599'999);
    EXPECT_GT(buffer.allocated(), RingBuffer::kKeptMax);
    buffer.acknowledge(1);
    EXPECT_EQ(buffer.allocated(), 0U);
    ASSERT_EQ(buffer.append(ByteView(much).first(1'000)), 1'000U);
    buffer.acknowledge(1'000);
    EXPECT_GT(buffer.allocated(), 0U);
}

}  // namespace
}  // namespace shunt::tcp
