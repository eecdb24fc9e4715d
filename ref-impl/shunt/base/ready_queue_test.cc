// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/ready_queue.hh"

#include <gtest/gtest.h>

namespace shunt {
namespace {

TEST(ReadyQueue, ServesInOrderAndEachOnce) {
    ReadyQueue queue;
    for (const ReadyQueue::Slot slot : {3U, 1U, 3U, 2U})
        queue.push(slot);
    EXPECT_EQ(queue.pop(), 3U);
    queue.push(3);
    EXPECT_EQ(queue.pop(), 1U);
    EXPECT_EQ(queue.pop(), 2U);
    EXPECT_EQ(queue.pop(), 3U);
    EXPECT_EQ(queue.pop(), std::nullopt);
    EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueue, KeepsTheOrderWhileItGrowsInTheMiddleOfARound) {
    ReadyQueue queue;
    for (ReadyQueue::Slot slot = 0; slot < 40; ++slot)
        queue.push(slot);
    for (ReadyQueue::Slot slot = 0; slot < 40; ++slot)
        ASSERT_EQ(queue.pop(), slot);
    for (ReadyQueue::Slot slot = 0; slot < 300; ++slot)
        queue.push(slot);
    for (ReadyQueue::Slot slot = 0; slot < 300; ++slot)
        ASSERT_EQ(queue.pop(), slot);
}

}  // namespace
}  // namespace shunt
