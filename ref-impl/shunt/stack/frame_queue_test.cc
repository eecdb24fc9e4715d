// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/frame_queue.hh"

#include <gtest/gtest.h>

#include <cstdint>

namespace shunt::stack {
namespace {

class FrameQueueTest : public testing::Test {
  protected:
    bool push(std::uint16_t number) {
        Packet frame = pool_.take();
        store_u16(frame.append(2), 0, number);
        return queue_.push(std::move(frame));
    }
    std::uint16_t pop() {
        const auto frame = queue_.pop();
        return frame ? load_u16(frame->bytes(), 0) : std::uint16_t{0xFFFF};
    }

    PacketPool pool_;
    FrameQueue queue_;
};

// The ring grows while its first frame is in the middle of the storage.
TEST_F(FrameQueueTest, KeepsTheOrderWhileItGrows) {
    std::uint16_t pushed = 0;
    std::uint16_t popped = 0;
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 7; ++i)
            ASSERT_TRUE(push(pushed++));
        for (int i = 0; i < 5; ++i)
            ASSERT_EQ(pop(), popped++);
    }
    while (popped < pushed)
        ASSERT_EQ(pop(), popped++);
    EXPECT_EQ(queue_.pop(), std::nullopt);
}

TEST_F(FrameQueueTest, RefusesWhatIsPastItsBound) {
    for (std::size_t i = 0; i < FrameQueue::kFramesMax; ++i)
        ASSERT_TRUE(push(1));
    EXPECT_FALSE(push(2));
    EXPECT_EQ(queue_.size(), FrameQueue::kFramesMax);
    EXPECT_EQ(pop(), 1);
    EXPECT_TRUE(push(2));
}

}  // namespace
}  // namespace shunt::stack
