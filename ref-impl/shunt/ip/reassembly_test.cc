// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/reassembly.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::ip {
namespace {

using wire::Ipv4Address;
using Bytes = std::vector<std::uint8_t>;

constexpr Instant kStart = Instant::from_nanoseconds(2'000'000'000);
constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);

/// One fragment of a datagram whose byte at offset i is i + 1.
struct Fragment {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_last = false;
    std::uint16_t identification = 7;
    Ipv4Address source = kClient;
    wire::IpProtocol protocol = wire::IpProtocol::Udp;
    std::uint8_t type_of_service = 0;
    std::uint8_t added = 1;  // another value makes other bytes
};

class ReassemblyTest : public testing::Test {
  protected:
    static Bytes content(std::size_t size) {
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<std::uint8_t>(i + 1);
        return bytes;
    }
    std::optional<Packet> add(const Fragment& fragment, Instant now = kStart) {
        Packet packet = pool_.take();
        for (std::size_t i = fragment.begin; i < fragment.end; ++i) {
            packet.append(1)[0] = static_cast<std::uint8_t>(i + fragment.added);
        }
        wire::Ipv4Header header;
        header.source = fragment.source;
        header.destination = kService;
        header.protocol = fragment.protocol;
        header.identification = fragment.identification;
        header.fragment_offset = fragment.begin;
        header.more_fragments = !fragment.is_last;
        header.type_of_service = fragment.type_of_service;
        header.prepend_to(packet);
        return reassembly_.add(*wire::Ipv4View::parse(packet.bytes()), now);
    }
    static Bytes payload_of(const Packet& packet) {
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        EXPECT_TRUE(ip);
        EXPECT_FALSE(ip->is_fragment());
        return Bytes(ip->payload().begin(), ip->payload().end());
    }
    std::uint64_t count(Counter counter) const { return counters_.value(counter); }

    PacketPool pool_;
    Counters counters_;
    Reassembly reassembly_{pool_, counters_};
};

TEST_F(ReassemblyTest, MakesTheDatagramFromEveryOrderOfItsFragments) {
    std::vector<Fragment> fragments = {{0, 40}, {40, 80}, {80, 96}, {96, 99, true}};
    std::vector<std::size_t> order = {0, 1, 2, 3};
    do {
        std::optional<Packet> whole;
        for (const std::size_t i : order) {
            EXPECT_FALSE(whole);
            whole = add(fragments[i]);
        }
        ASSERT_TRUE(whole);
        EXPECT_EQ(payload_of(*whole), content(99));
        EXPECT_EQ(reassembly_.size(), 0U);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ReassemblyTest, KeepsTheHeaderOfTheFirstFragment) {
    add({.begin = 8, .end = 16, .is_last = true, .type_of_service = 0x20});
    const auto whole = add({.begin = 0, .end = 8, .type_of_service = 0x40});
    ASSERT_TRUE(whole);
    const auto ip = wire::Ipv4View::parse(whole->bytes());
    EXPECT_EQ(ip->source(), kClient);
    EXPECT_EQ(ip->destination(), kService);
    EXPECT_EQ(ip->identification(), 7);
    EXPECT_EQ(ip->type_of_service(), 0x40);
    add({.begin = 0, .end = 8, .type_of_service = 0x40});
    const auto in_order = add({.begin = 8, .end = 16, .is_last = true, .type_of_service = 0x20});
    ASSERT_TRUE(in_order);
    EXPECT_EQ(wire::Ipv4View::parse(in_order->bytes())->type_of_service(), 0x40);
}

// RFC 3168 5.3: a mark on any fragment is a mark on the datagram.
TEST_F(ReassemblyTest, KeepsTheMarkOfCongestion) {
    add({.begin = 8, .end = 16, .is_last = true, .type_of_service = 3});
    const auto whole = add({.begin = 0, .end = 8, .type_of_service = 2});
    ASSERT_TRUE(whole);
    EXPECT_EQ(wire::Ipv4View::parse(whole->bytes())->type_of_service(), 3);
}

// The same: unless another one says that its sender does not know of marks.
TEST_F(ReassemblyTest, RefusesAMarkAmongFragmentsThatCannotHaveOne) {
    for (const bool is_mark_first : {false, true}) {
        const auto identification = static_cast<std::uint16_t>(is_mark_first ? 1 : 2);
        const auto part = [&](std::size_t begin, bool is_marked) {
            return add({.begin = begin,
                        .end = begin + 8,
                        .is_last = begin == 16,
                        .identification = identification,
                        .type_of_service = static_cast<std::uint8_t>(is_marked ? 3 : 0)});
        };
        EXPECT_FALSE(part(0, is_mark_first));
        EXPECT_FALSE(part(8, !is_mark_first));
        EXPECT_FALSE(part(16, false));
    }
    EXPECT_EQ(count(Counter::DropFragmentMarks), 4U);
    EXPECT_EQ(count(Counter::DropFragmentRefused), 2U);
    for (const std::uint8_t capable : {std::uint8_t{1}, std::uint8_t{2}}) {
        add({.begin = 0, .end = 8, .type_of_service = capable});
        const auto whole = add({.begin = 8, .end = 16, .is_last = true, .type_of_service = 3});
        ASSERT_TRUE(whole);
        EXPECT_EQ(wire::Ipv4View::parse(whole->bytes())->type_of_service(), 3);
    }
}

TEST_F(ReassemblyTest, TellsDatagramsApartByEachOfTheFourFields) {
    add({.begin = 0, .end = 8});
    EXPECT_FALSE(add({.begin = 8, .end = 16, .is_last = true, .identification = 8}));
    EXPECT_FALSE(
        add({.begin = 8, .end = 16, .is_last = true, .source = Ipv4Address(10, 7, 0, 10)}));
    EXPECT_FALSE(add({.begin = 8, .end = 16, .is_last = true, .protocol = wire::IpProtocol::Icmp}));
    EXPECT_EQ(reassembly_.size(), 4U);
}

TEST_F(ReassemblyTest, DropsARepeatedFragmentAlone) {
    add({.begin = 0, .end = 24});
    EXPECT_FALSE(add({.begin = 0, .end = 24}));
    EXPECT_EQ(count(Counter::DropFragmentRepeated), 1U);
    EXPECT_TRUE(add({.begin = 24, .end = 32, .is_last = true}));
}

TEST_F(ReassemblyTest, RefusesTheDatagramOnEveryOverlap) {
    const std::vector<Fragment> overlapping = {
        {.begin = 16, .end = 40},              // reaches in from the left
        {.begin = 40, .end = 56},              // reaches out to the right
        {.begin = 24, .end = 48, .added = 2},  // the same place, other bytes
        {.begin = 32, .end = 40, .added = 2},  // within
        {.begin = 16, .end = 56},              // around
    };
    std::uint16_t identification = 100;
    for (Fragment second : overlapping) {
        ++identification;
        second.identification = identification;
        const std::uint64_t before = count(Counter::DropFragmentOverlap);
        add({.begin = 24, .end = 48, .identification = identification});
        EXPECT_FALSE(add(second));
        EXPECT_EQ(count(Counter::DropFragmentOverlap), before + 2) << second.begin;
        // What would have completed it finds nothing to complete.
        EXPECT_FALSE(add({.begin = 0, .end = 24, .identification = identification}));
        EXPECT_FALSE(
            add({.begin = 48, .end = 56, .is_last = true, .identification = identification}));
    }
    EXPECT_EQ(count(Counter::DropFragmentRefused), 2 * overlapping.size());
}

TEST_F(ReassemblyTest, RefusesTwoEndsOfOneDatagram) {
    add({.begin = 16, .end = 20, .is_last = true});
    EXPECT_FALSE(add({.begin = 24, .end = 32}));
    EXPECT_EQ(count(Counter::DropFragmentOverlap), 2U);
    add({.begin = 16, .end = 20, .is_last = true, .identification = 8});
    EXPECT_FALSE(add({.begin = 8, .end = 12, .is_last = true, .identification = 8}));
    EXPECT_EQ(count(Counter::DropFragmentOverlap), 4U);
    add({.begin = 24, .end = 32, .identification = 9});
    EXPECT_FALSE(add({.begin = 8, .end = 12, .is_last = true, .identification = 9}));
    EXPECT_EQ(count(Counter::DropFragmentOverlap), 6U);
}

TEST_F(ReassemblyTest, RefusesTinyFragmentsOfTcp) {
    const auto tcp = [](std::size_t begin, std::size_t end, std::uint16_t identification) {
        return Fragment{.begin = begin,
                        .end = end,
                        .identification = identification,
                        .protocol = wire::IpProtocol::Tcp};
    };
    EXPECT_FALSE(add(tcp(0, 16, 1)));
    EXPECT_FALSE(add(tcp(8, 24, 2)));
    EXPECT_FALSE(add(tcp(16, 24, 3)));
    EXPECT_EQ(count(Counter::DropFragmentTiny), 3U);
    Fragment rest = tcp(24, 25, 4);
    rest.is_last = true;
    EXPECT_FALSE(add(tcp(0, 24, 4)));
    EXPECT_TRUE(add(rest));
}

TEST_F(ReassemblyTest, DropsImpossibleLengthsWithoutStateForThem) {
    EXPECT_FALSE(add({.begin = 0, .end = 0}));
    EXPECT_FALSE(add({.begin = 0, .end = 12}));
    EXPECT_FALSE(add(
        {.begin = Reassembly::kPayloadMax, .end = Reassembly::kPayloadMax + 1, .is_last = true}));
    EXPECT_FALSE(add({.begin = 65'528, .end = 65'560}));
    EXPECT_EQ(count(Counter::DropFragmentLength), 4U);
    EXPECT_EQ(reassembly_.size(), 0U);
}

TEST_F(ReassemblyTest, TakesTheLongestPayload) {
    EXPECT_FALSE(add({.begin = 0, .end = 4'608}));
    const auto whole = add({.begin = 4'608, .end = Reassembly::kPayloadMax, .is_last = true});
    ASSERT_TRUE(whole);
    EXPECT_EQ(payload_of(*whole), content(Reassembly::kPayloadMax));
}

TEST_F(ReassemblyTest, GivesUpAfterItsLifetime) {
    add({.begin = 0, .end = 8});
    add({.begin = 16, .end = 24});
    const Instant end = kStart + Reassembly::kLifetime;
    EXPECT_EQ(reassembly_.poll_deadline(), end);
    reassembly_.handle_deadline(end - Duration::nanoseconds(1));
    EXPECT_EQ(reassembly_.size(), 1U);
    reassembly_.handle_deadline(end);
    EXPECT_EQ(reassembly_.size(), 0U);
    EXPECT_EQ(count(Counter::DropFragmentTimeout), 2U);
    EXPECT_EQ(reassembly_.poll_deadline(), std::nullopt);
}

TEST_F(ReassemblyTest, OneSourceCrowdsOutOnlyItself) {
    const Ipv4Address other(10, 7, 0, 10);
    add({.begin = 0, .end = 8, .identification = 1, .source = other});
    for (std::uint16_t id = 0; id < 1'000; ++id) {
        add({.begin = 0, .end = 8, .identification = id});
    }
    EXPECT_EQ(reassembly_.size(), Reassembly::kDatagramsPerSourceMax + 1);
    EXPECT_EQ(count(Counter::DropFragmentCrowded), 1'000 - Reassembly::kDatagramsPerSourceMax);
    EXPECT_TRUE(add({.begin = 8, .end = 9, .is_last = true, .identification = 1, .source = other}));
    // Of its own the youngest are left.
    EXPECT_TRUE(add({.begin = 8, .end = 9, .is_last = true, .identification = 999}));
}

TEST_F(ReassemblyTest, BoundsTheDatagramsOfAllSources) {
    for (std::uint32_t host = 0; host < 2 * Reassembly::kDatagramsMax; ++host) {
        add({.begin = 0, .end = 8, .source = Ipv4Address(0x0A000000 + host)});
    }
    EXPECT_EQ(reassembly_.size(), Reassembly::kDatagramsMax);
    EXPECT_FALSE(add({.begin = 8, .end = 9, .is_last = true, .source = Ipv4Address(0x0A000000)}));
}

TEST_F(ReassemblyTest, RefusesADatagramWithTooManyHoles) {
    for (std::size_t run = 0; run < Reassembly::kRunsMax; ++run) {
        add({.begin = run * 16, .end = run * 16 + 8});
    }
    EXPECT_EQ(count(Counter::DropFragmentHoles), 0U);
    add({.begin = Reassembly::kRunsMax * 16, .end = Reassembly::kRunsMax * 16 + 8});
    EXPECT_EQ(count(Counter::DropFragmentHoles), Reassembly::kRunsMax + 1);
}

// Without the first bytes no datagram is ever whole: then every fragment is counted exactly once.
TEST_F(ReassemblyTest, CountsEveryFragmentOfRandomOnesOnce) {
    constexpr std::uint64_t seed = 20'261;
    constexpr std::uint64_t fragments = 20'000;
    Rng rng(seed);
    Instant now = kStart;
    for (std::uint64_t i = 0; i < fragments; ++i) {
        Fragment fragment;
        fragment.begin = 8 + rng.below(40) * 8;
        fragment.end = fragment.begin + rng.below(10) * 4;
        fragment.is_last = rng.chance({1, 4});
        fragment.identification = static_cast<std::uint16_t>(rng.below(50));
        fragment.source = Ipv4Address(static_cast<std::uint32_t>(0x0A000000 + rng.below(20)));
        fragment.added = static_cast<std::uint8_t>(1 + rng.below(2));
        now = now + Duration::milliseconds(static_cast<std::int64_t>(rng.below(20)));
        ASSERT_FALSE(add(fragment, now)) << "seed " << seed;
        reassembly_.handle_deadline(now);
        ASSERT_LE(reassembly_.size(), Reassembly::kDatagramsMax) << "seed " << seed;
    }
    reassembly_.handle_deadline(now + Reassembly::kLifetime);
    EXPECT_EQ(reassembly_.size(), 0U);
    std::uint64_t dropped = 0;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        dropped += counters_.value(static_cast<Counter>(i));
    }
    EXPECT_EQ(dropped, fragments) << "seed " << seed;
}

}  // namespace
}  // namespace shunt::ip
