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

TEST(InitialSequence, ShowsNoPatternOverPorts) {
    // 100,000 connections: the top 4 bits are hit evenly, within 5 standard deviations.
    std::array<int, 16> hits{};
    Identity identity = kIdentity;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        identity.remote_port = static_cast<std::uint16_t>(i);
        identity.remote_address = wire::Ipv4Address(0x0A070000U + i / 60'000);
        ++hits[initial_sequence(kKey, identity, Instant::from_nanoseconds(0)).value() >> 28];
    }
    for (const int count : hits)
        EXPECT_NEAR(count, 6'250, 390);
}

}  // namespace
}  // namespace shunt::tcp
