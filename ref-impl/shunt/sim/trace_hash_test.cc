// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/trace_hash.hh"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace shunt::sim {
namespace {

std::uint64_t hash_of(Instant time, int segment, int to, const std::vector<std::uint8_t>& frame) {
    TraceHash hash;
    hash.add(time, static_cast<SegmentId>(segment), static_cast<HostId>(to), frame);
    return hash.value();
}

TEST(TraceHash, EveryBitOfEveryLengthCounts) {
    for (std::size_t size = 0; size <= 40; ++size) {
        std::set<std::uint64_t> seen;
        std::vector<std::uint8_t> frame(size, 0x5A);
        ASSERT_TRUE(seen.insert(hash_of({}, 0, 0, frame)).second);
        for (std::size_t bit = 0; bit < 8 * size; ++bit) {
            auto changed = frame;
            changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
            ASSERT_TRUE(seen.insert(hash_of({}, 0, 0, changed)).second) << size << " " << bit;
        }
        frame.push_back(0);
        EXPECT_TRUE(seen.insert(hash_of({}, 0, 0, frame)).second) << "a zero more, " << size;
    }
}

TEST(TraceHash, TimePlaceAndOrderCount) {
    const std::vector<std::uint8_t> frame(30, 1);
    const std::uint64_t hash = hash_of({}, 0, 0, frame);
    EXPECT_NE(hash, hash_of(Instant::from_nanoseconds(1), 0, 0, frame));
    EXPECT_NE(hash, hash_of({}, 1, 0, frame));
    EXPECT_NE(hash, hash_of({}, 0, 1, frame));
    TraceHash one;
    TraceHash other;
    one.add({}, SegmentId{0}, HostId{1}, frame);
    one.add({}, SegmentId{0}, HostId{2}, frame);
    other.add({}, SegmentId{0}, HostId{2}, frame);
    other.add({}, SegmentId{0}, HostId{1}, frame);
    EXPECT_NE(one.value(), other.value());
}

TEST(TraceHash, IsTheSameNumberWithEveryCompiler) {
    std::vector<std::uint8_t> frame(61);
    for (std::size_t i = 0; i < frame.size(); ++i)
        frame[i] = static_cast<std::uint8_t>(i * 7);
    EXPECT_EQ(hash_of(Instant::from_nanoseconds(77), 1, 2, frame), 0x66640F6049299035U);
}

}  // namespace
}  // namespace shunt::sim
