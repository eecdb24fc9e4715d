// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/fault_port.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "shunt/link/queue_port.hh"

namespace shunt::link {
namespace {

using ::testing::ElementsAre;

constexpr Ratio kAlways{1, 1};
constexpr std::uint8_t kFrames = 200;

/// A fault port on a queue; frames are one number each, repeated so that corruption shows.
class FaultPortTest : public ::testing::Test {
  protected:
    void make(const FaultPlan& received, const FaultPlan& sent, std::uint64_t seed = 7) {
        auto queue = std::make_unique<QueuePort>();
        queue_ = queue.get();
        port_ = std::make_unique<FaultPort>(std::move(queue),
                                            FaultPort::Config{received, sent, seed}, pool_);
    }

    Packet frame(std::uint8_t number) {
        const std::vector<std::uint8_t> content(64, number);
        return pool_.copy(content);
    }

    std::vector<std::uint8_t> receive_all() {
        std::vector<std::uint8_t> numbers;
        while (const auto packet = port_->receive())
            numbers.push_back(packet->bytes()[0]);
        return numbers;
    }

    std::vector<std::uint8_t> sent_all() {
        std::vector<std::uint8_t> numbers;
        while (const auto packet = queue_->take_sent())
            numbers.push_back(packet->bytes()[0]);
        return numbers;
    }

    PacketPool pool_;
    std::unique_ptr<FaultPort> port_;
    QueuePort* queue_ = nullptr;
};

TEST_F(FaultPortTest, APerfectLinkChangesNothing) {
    make({}, {});
    for (std::uint8_t number = 1; number <= 3; ++number) {
        queue_->arrive(frame(number));
        EXPECT_TRUE(port_->transmit(frame(number)));
    }
    EXPECT_THAT(receive_all(), ElementsAre(1, 2, 3));
    EXPECT_THAT(sent_all(), ElementsAre(1, 2, 3));
    EXPECT_EQ(port_->mtu(), 1'500U);
}

TEST_F(FaultPortTest, TotalLossLosesEverythingAndDoesNotSpin) {
    make({.loss = kAlways}, {.loss = kAlways});
    for (std::size_t count = 0; count < FaultPort::kLostInARowMax + 1; ++count)
        queue_->arrive(frame(1));
    EXPECT_FALSE(port_->receive());
    EXPECT_EQ(port_->received_counts().lost, FaultPort::kLostInARowMax);
    EXPECT_FALSE(port_->receive());
    EXPECT_EQ(port_->received_counts().lost, FaultPort::kLostInARowMax + 1);
    EXPECT_TRUE(port_->transmit(frame(1)));
    EXPECT_TRUE(sent_all().empty());
}

TEST_F(FaultPortTest, DuplicationRepeatsEachFrame) {
    make({.duplication = kAlways}, {});
    queue_->arrive(frame(1));
    queue_->arrive(frame(2));
    EXPECT_THAT(receive_all(), ElementsAre(1, 1, 2, 2));
}

TEST_F(FaultPortTest, ReorderingLetsTheNextFrameOvertake) {
    make({.reordering = kAlways}, {});
    for (std::uint8_t number = 1; number <= 4; ++number)
        queue_->arrive(frame(number));
    EXPECT_THAT(receive_all(), ElementsAre(2, 1, 4, 3));
}

TEST_F(FaultPortTest, AFrameThatNothingOvertakesComesWhenTheDeviceIsEmpty) {
    make({.reordering = kAlways}, {.reordering = kAlways});
    queue_->arrive(frame(1));
    EXPECT_THAT(receive_all(), ElementsAre(1));
    EXPECT_TRUE(port_->transmit(frame(5)));
    EXPECT_TRUE(sent_all().empty());
    EXPECT_FALSE(port_->receive());
    EXPECT_THAT(sent_all(), ElementsAre(5));
}

TEST_F(FaultPortTest, CorruptionFlipsExactlyOneBit) {
    make({.corruption = kAlways}, {});
    for (int round = 0; round < 50; ++round) {
        queue_->arrive(frame(0));
        const auto packet = port_->receive();
        ASSERT_TRUE(packet);
        int bits = 0;
        for (const std::uint8_t byte : packet->bytes())
            bits += __builtin_popcount(byte);
        EXPECT_EQ(bits, 1);
    }
}

TEST_F(FaultPortTest, TheSameSeedGivesTheSameFaults) {
    const FaultPlan plan{.loss = {1, 5}, .duplication = {1, 5}, .reordering = {1, 5}};
    std::vector<std::vector<std::uint8_t>> traces;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        make(plan, {}, seed);
        for (std::uint8_t number = 0; number < kFrames; ++number)
            queue_->arrive(frame(number));
        traces.push_back(receive_all());
        EXPECT_GT(port_->received_counts().lost, 0U);
        EXPECT_GT(port_->received_counts().duplicated, 0U);
        EXPECT_GT(port_->received_counts().reordered, 0U);
    }
    EXPECT_EQ(traces[0], traces[1]);
    EXPECT_NE(traces[0], traces[2]);
}

}  // namespace
}  // namespace shunt::link
