// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/event_queue.hh"

#include <gtest/gtest.h>

#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::sim {
namespace {

Delivery delivery(std::int64_t time_ns, std::uint16_t to) {
    return {Instant::from_nanoseconds(time_ns),
            SegmentId{0},
            HostId{0},
            HostId{to},
            link::LinkId::Front,
            Packet{}};
}

TEST(EventQueue, EarlierComesFirstAndEqualTimesInOrderOfInsertion) {
    EventQueue queue;
    queue.push(delivery(5, 1));
    queue.push(delivery(3, 2));
    queue.push(delivery(5, 3));
    queue.push(delivery(3, 4));
    std::vector<std::size_t> order;
    while (queue.earliest())
        order.push_back(index_of(queue.pop().to));
    EXPECT_EQ(order, (std::vector<std::size_t>{2, 4, 1, 3}));
}

TEST(EventQueue, StaysInOrderWhilePushedAndPopped) {
    constexpr std::uint64_t kSeed = 7;
    Rng rng(kSeed);
    EventQueue queue;
    Instant now{};
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t ahead = rng.below(50);
        queue.push(delivery(now.to_nanoseconds() + static_cast<std::int64_t>(ahead), 0));
        if (rng.chance({1, 2})) {
            const Delivery next = queue.pop();
            ASSERT_GE(next.time, now) << "seed " << kSeed;
            now = next.time;
        }
    }
}

}  // namespace
}  // namespace shunt::sim
