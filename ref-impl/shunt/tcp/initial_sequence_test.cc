// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/initial_sequence.hh"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace shunt::tcp {
namespace {

constexpr SipKey kKey{1, 2};
const Identity kIdentity{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9), 4'711};

TEST(InitialSequence, TicksEvery4MicrosecondsForOneTuple) {
    const Instant start = Instant::from_nanoseconds(5'000'000'000);
    const SequenceNumber first = initial_sequence(kKey, kIdentity, start);
    EXPECT_EQ(initial_sequence(kKey, kIdentity, start + Duration::microseconds(3)), first);
    EXPECT_EQ(initial_sequence(kKey, kIdentity, start + Duration::microseconds(4)), first + 1);
    EXPECT_EQ(initial_sequence(kKey, kIdentity, start + Duration::seconds(1)), first + 250'000);
}

TEST(InitialSequence, DependsOnEveryPartOfTheTupleAndOnTheKey) {
    const Instant now = Instant::from_nanoseconds(0);
    std::set<std::uint32_t> seen{initial_sequence(kKey, kIdentity, now).value(),
                                 initial_sequence(SipKey{1, 3}, kIdentity, now).value(),
                                 timestamp_offset(kKey, kIdentity)};
    Identity other = kIdentity;
    other.local_address = wire::Ipv4Address(10, 7, 1, 2);
    seen.insert(initial_sequence(kKey, other, now).value());
    other = kIdentity;
    other.local_port = 81;
    seen.insert(initial_sequence(kKey, other, now).value());
    other = kIdentity;
    other.remote_address = wire::Ipv4Address(10, 7, 0, 8);
    seen.insert(initial_sequence(kKey, other, now).value());
    other = kIdentity;
    other.remote_port = 4'712;
    seen.insert(initial_sequence(kKey, other, now).value());
    EXPECT_EQ(seen.size(), 7U);
}

constexpr int kConnections = 100'000;

Identity neighbour(int number) {
    Identity identity = kIdentity;
    identity.remote_port = static_cast<std::uint16_t>(number);
    identity.remote_address =
        wire::Ipv4Address(0x0A070000U + static_cast<unsigned>(number) / 60'000);
    return identity;
}

/// Counts for each bit how often it is set in 100,000 numbers.
class BitCounts {
  public:
    void add(std::uint32_t number) {
        for (unsigned bit = 0; bit < 32; ++bit)
            set_[bit] += static_cast<int>(number >> bit & 1);
    }
    /// Half of the times, within 5 standard deviations: as chance has it.
    void expect_balanced() const {
        for (std::size_t bit = 0; bit < set_.size(); ++bit)
            EXPECT_NEAR(2 * set_[bit], kConnections, 1'600) << "bit " << bit;
    }

  private:
    std::array<int, 32> set_{};
};

TEST(InitialSequence, ShowsNoPatternOverConnections) {
    BitCounts numbers;
    BitCounts differences;
    std::set<std::uint32_t> seen;
    std::uint32_t before = 0;
    for (int i = 0; i < kConnections; ++i) {
        const std::uint32_t number =
            initial_sequence(kKey, neighbour(i), Instant::from_nanoseconds(0)).value();
        numbers.add(number);
        differences.add(number - before);
        before = number;
        seen.insert(number);
    }
    numbers.expect_balanced();
    differences.expect_balanced();
    EXPECT_GT(seen.size(), kConnections - 20U) << "a birthday or two in 2^32";
}

// What a client sees of its own tuple over time is the clock. It tells nothing of the next tuple's,
// for their distance is chance (RFC 6528 3).
TEST(InitialSequence, OfOneTupleOverTimeTellsNothingOfAnother) {
    BitCounts distances;
    for (int i = 0; i < kConnections; ++i) {
        const Instant now = Instant::from_nanoseconds(i * 4'000);
        distances.add(initial_sequence(kKey, kIdentity, now) -
                      initial_sequence(kKey, neighbour(i), now));
    }
    distances.expect_balanced();
}

TEST(InitialSequence, OfOneServerTellsNothingOfAnother) {
    const SipKey other_key{1, 3};
    BitCounts distances;
    for (int i = 0; i < kConnections; ++i) {
        const Instant now = Instant::from_nanoseconds(i * 4'000);
        distances.add(initial_sequence(kKey, neighbour(i), now) -
                      initial_sequence(other_key, neighbour(i), now));
    }
    distances.expect_balanced();
}

}  // namespace
}  // namespace shunt::tcp
