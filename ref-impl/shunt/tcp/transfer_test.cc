// SPDX-License-Identifier: Apache-2.0
// Streams both ways between two of ours, over a wire that loses, repeats and reorders by plan.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/pair.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;

void expect_streams_right(const Pair& pair) {
    EXPECT_TRUE(pair.all_read()) << pair.sides[0].read << " of " << pair.sides[1].wanted << ", "
                                 << pair.sides[1].read << " of " << pair.sides[0].wanted;
    EXPECT_TRUE(pair.sides[0].is_content_right);
    EXPECT_TRUE(pair.sides[1].is_content_right);
    EXPECT_TRUE(pair.is_wire_clean);
}

/// Opens, sends, closes both ends, and waits until both are gone.
void exchange(Pair& pair, std::uint64_t from_0, std::uint64_t from_1) {
    pair.sides[0].wanted = from_0;
    pair.sides[1].wanted = from_1;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }, Duration::seconds(3'000)));
    pair.sides[0].closes = pair.sides[1].closes = true;
    pair.settle();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_closed(); }, Duration::seconds(3'000)));
    expect_streams_right(pair);
    for (std::size_t side = 0; side < 2; ++side) {
        EXPECT_FALSE(pair[side].poll_deadline());
        EXPECT_TRUE(pair.sides[side].had(Event::Closed));
        EXPECT_FALSE(pair.sides[side].had(Event::Reset));
        EXPECT_FALSE(pair.sides[side].had(Event::TimedOut));
    }
}

bool carries_text(const wire::TcpView& segment) {
    return !segment.payload().empty();
}

TEST(Transfer, CarriesStreamsBothWays) {
    Pair pair;
    exchange(pair, 1'000'000, 700'000);
}

TEST(Transfer, RetransmitsNothingOnACleanWire) {
    Pair pair;
    std::set<std::uint32_t> seen;
    int repeated = 0;
    pair.plan = [&](std::size_t from, std::size_t, const wire::TcpView& segment) {
        if (from == 0 && carries_text(segment) && !seen.insert(segment.sequence().value()).second) {
            ++repeated;
        }
        return Fate{};
    };
    exchange(pair, 2'000'000, 0);
    EXPECT_EQ(repeated, 0);
}

TEST(Transfer, RepairsOneLossWithoutWaitingForTheTimer) {
    for (const bool sack : {true, false}) {
        Pair pair;
        pair.sides[1].config.selective_acknowledgment = sack;
        pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
            return Fate{.is_lost = from == 0 && index == 30};
        };
        pair.sides[0].wanted = 400'000;
        pair.open();
        const Instant start = pair.now;
        ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
        EXPECT_LT(pair.now - start, Duration::milliseconds(190)) << "sack " << sack;
        expect_streams_right(pair);
    }
}

TEST(Transfer, RepairsSeveralLossesOfOneWindowInOneEpisode) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = from == 0 && (index == 40 || index == 42 || index == 45)};
    };
    pair.sides[0].wanted = 400'000;
    pair.open();
    const Instant start = pair.now;
    ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
    EXPECT_LT(pair.now - start, Duration::milliseconds(190));
    expect_streams_right(pair);
}

TEST(Transfer, RepairsTheLossOfAWholeWindow) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = from == 0 && index >= 30 && index < 60};
    };
    exchange(pair, 300'000, 0);
}

TEST(Transfer, RepairsTheLossOfTheLastSegment) {
    Pair pair;
    bool is_done = false;
    pair.plan = [&](std::size_t from, std::size_t, const wire::TcpView& segment) {
        const bool is_last = from == 0 && segment.flags().push && !is_done;
        if (is_last) is_done = true;
        return Fate{.is_lost = is_last};
    };
    exchange(pair, 5'000, 0);
}

TEST(Transfer, PutsReorderedSegmentsInOrder) {
    Pair pair;
    pair.plan = [](std::size_t, std::size_t index, const wire::TcpView&) {
        return Fate{.delay = Duration::milliseconds(index % 7 == 3 ? 9 : 5)};
    };
    exchange(pair, 500'000, 300'000);
}

TEST(Transfer, IgnoresRepetitions) {
    Pair pair;
    pair.plan = [](std::size_t, std::size_t, const wire::TcpView&) { return Fate{.copies = 3}; };
    exchange(pair, 300'000, 300'000);
}

TEST(Transfer, WorksWithoutTimestamps) {
    Pair pair;
    pair.sides[0].config.timestamps = false;
    Rng rng(5);
    pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
        return Fate{.is_lost = rng.chance({1, 30})};
    };
    exchange(pair, 300'000, 300'000);
}

TEST(Transfer, CrossesTheWrapOfSequenceNumbers) {
    for (const std::uint32_t initial : {0x7FFF'8000U, 0xFFFF'8000U, 0xFFFF'FFFFU, 0x7FFF'FFFFU}) {
        Pair pair;
        pair.sides[0].chance.initial_sequence = SequenceNumber(initial);
        pair.sides[1].chance.initial_sequence = SequenceNumber(initial - 100);
        pair.sides[0].chance.timestamp_offset = 0xFFFF'FF00U - 1'000;
        Rng rng(initial);
        pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
            return Fate{.is_lost = rng.chance({1, 40})};
        };
        exchange(pair, 200'000, 200'000);
    }
}

TEST(Transfer, WorksWithEveryWindowScale) {
    for (const unsigned scale : {0U, 1U, 7U, 14U}) {
        Pair pair;
        pair.sides[0].config.window_scale = static_cast<std::uint8_t>(scale);
        pair.sides[1].config.window_scale = static_cast<std::uint8_t>(14 - scale);
        exchange(pair, 1'500'000, 1'500'000);
    }
}

TEST(Transfer, SendsSmallSegmentsToAPeerThatAsksForThem) {
    Pair pair;
    pair.sides[0].config.advertised_mss = 48;
    std::size_t largest = 0;
    pair.plan = [&](std::size_t from, std::size_t, const wire::TcpView& segment) {
        if (from == 1) largest = std::max(largest, segment.payload().size());
        return Fate{};
    };
    exchange(pair, 1'000, 20'000);
    EXPECT_EQ(largest, 48U - 12U);
}

TEST(Transfer, RespectsItsOwnMtu) {
    Pair pair;
    pair.sides[0].config.mtu = 600;
    std::size_t largest = 0;
    pair.plan = [&](std::size_t from, std::size_t index, const wire::TcpView&) {
        if (from == 0) largest = std::max(largest, pair.sides[0].sent[index].size());
        return Fate{};
    };
    exchange(pair, 100'000, 0);
    EXPECT_EQ(largest, 600U);
}

/// Seeds of a bad wire, some at a time: with sanitizers each takes a third of a second.
class BadWire : public ::testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, BadWire, ::testing::Values(1, 41, 81, 121, 161));

TEST_P(BadWire, TransferHoldsForEverySeed) {
    for (std::uint64_t seed = GetParam(); seed < GetParam() + 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair;
        Rng rng(seed);
        for (auto& side : pair.sides) {
            // Bad luck may double a timeout often: nobody gives up here.
            side.config.user_timeout = side.config.fin_wait_2_timeout = Duration::seconds(3'000);
            side.config.send_buffer_max = static_cast<std::uint32_t>(2'000 + rng.below(60'000));
            side.config.receive_buffer_max = static_cast<std::uint32_t>(2'000 + rng.below(60'000));
            side.config.window_scale = static_cast<std::uint8_t>(rng.below(6));
            side.config.selective_acknowledgment = rng.chance({1, 2});
            side.config.timestamps = rng.chance({1, 2});
            side.config.no_delay = rng.chance({1, 2});
            side.config.advertised_mss = static_cast<std::uint16_t>(100 + rng.below(1'360));
            side.chance.initial_sequence = SequenceNumber(rng.next_u32());
            side.chance.timestamp_offset = rng.next_u32();
        }
        const Ratio loss{static_cast<std::uint32_t>(rng.below(15)), 100};
        const Ratio repetition{static_cast<std::uint32_t>(rng.below(20)), 100};
        const Ratio reordering{static_cast<std::uint32_t>(rng.below(30)), 100};
        pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
            Fate fate;
            fate.is_lost = rng.chance(loss);
            if (rng.chance(repetition)) fate.copies = 2;
            if (rng.chance(reordering)) {
                fate.delay = Duration::microseconds(static_cast<std::int64_t>(rng.below(30'000)));
            }
            return fate;
        };
        const std::uint64_t from_0 = rng.below(150'000);
        const std::uint64_t from_1 = rng.below(150'000);
        pair.sides[0].wanted = from_0;
        pair.sides[1].wanted = from_1;
        pair.sides[0].closes = pair.sides[1].closes = true;
        pair.open();
        const auto is_over = [&] {
            return pair.sides[1].connection && pair[0].is_closed() && pair[1].is_closed();
        };
        ASSERT_TRUE(pair.run_until(is_over, Duration::seconds(3'000)))
            << to_string(pair[0].state()) << " " << pair.sides[0].read << "/" << from_1 << ", "
            << pair.sides[1].read << "/" << from_0;
        expect_streams_right(pair);
        for (std::size_t side = 0; side < 2; ++side) {
            EXPECT_FALSE(pair.sides[side].had(Event::Reset));
            EXPECT_FALSE(pair[side].poll_deadline());
        }
    }
}

}  // namespace
}  // namespace shunt::tcp
