// SPDX-License-Identifier: Apache-2.0
// Streams that a hostile or broken peer makes: overlaps that differ, floods out of order, windows
// that shrink or never open, numbers that wrap, exchanges that are abandoned.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/robustness.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::moved;
using testing::Pair;
using testing::Peer;
using wire::TcpHeader;

/// The parameter says whether the connection has just moved when the stimulus comes.
class RobustStreams : public ::testing::TestWithParam<bool> {
  protected:
    void may_move(Peer& peer) const { testing::move_if(GetParam(), peer); }
    void establish(Peer& peer) const {
        peer.establish();
        peer.events();
        may_move(peer);
    }
};
INSTANTIATE_TEST_SUITE_P(Move, RobustStreams, ::testing::Bool());

std::string unread_of(const Connection& connection) {
    std::vector<std::uint8_t> bytes(connection.receive_queue_size());
    connection.copy_receive_queue(bytes);
    return {bytes.begin(), bytes.end()};
}

TEST_P(RobustStreams, OfOverlapsThatDifferAreWhatCameFirst) {
    // Two copies of ten bytes, [5, 15) first or second, in order or not, with a move in between.
    struct Copy {
        std::uint32_t offset;
        std::string text;
    };
    const std::vector<std::vector<Copy>> orders{
        {{5, "AAAAAAAAAA"}, {0, "bbbbbbbbbb"}, {10, "cccccccccc"}},
        {{0, "bbbbbbbbbb"}, {5, "AAAAAAAAAA"}, {10, "cccccccccc"}},
        {{10, "cccccccccc"}, {5, "AAAAAAAAAA"}, {0, "bbbbbbbbbb"}},
        {{10, "cccccccccc"}, {0, "bbbbbbbbbb"}, {5, "AAAAAAAAAA"}}};
    const std::vector<std::string> expected{"bbbbbAAAAAAAAAAccccc", "bbbbbbbbbbAAAAAccccc",
                                            "bbbbbAAAAAcccccccccc", "bbbbbbbbbbcccccccccc"};
    for (std::size_t i = 0; i < orders.size(); ++i) {
        Peer peer;
        peer.establish();
        for (const Copy& copy : orders[i]) {
            peer.give(peer.at(peer.next + copy.offset), copy.text);
            may_move(peer);
        }
        EXPECT_EQ(unread_of(*peer.connection), expected[i]) << i;
    }
}

TEST_P(RobustStreams, OfRandomOverlapsNeverMix) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Rng rng(seed);
        Peer peer;
        peer.establish();
        std::string model(300, '\0');
        std::size_t in_order = 0;
        for (int copy = 0; copy < 400 && in_order < model.size(); ++copy) {
            const auto begin = static_cast<std::size_t>(rng.below(model.size()));
            const auto size = 1 + static_cast<std::size_t>(
                                      rng.below(std::min<std::size_t>(40, model.size() - begin)));
            const char letter = static_cast<char>('A' + copy % 26);
            peer.give(peer.at(peer.next + static_cast<std::uint32_t>(begin)),
                      std::string(size, letter));
            peer.drain();
            for (std::size_t at = begin; at < begin + size; ++at)
                if (model[at] == '\0') model[at] = letter;
            in_order = std::min(model.find('\0'), model.size());
            if (rng.chance({1, 4})) may_move(peer);
            ASSERT_EQ(unread_of(*peer.connection), model.substr(0, in_order)) << "seed " << seed;
        }
    }
}

TEST_P(RobustStreams, OfOneByteSegmentsOutOfOrderHoldABoundedNumberOfRanges) {
    Peer peer;
    establish(peer);
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        peer.give(peer.at(peer.next + 2 + (i * 7'919) % 50'000 * 2 % 60'000), "x");
        const auto sent = peer.drain();
        ASSERT_LE(sent.size(), 1U);
        if (i % 5'000 == 0) may_move(peer);
    }
    const wire::ControlBlock block = peer.connection->export_block(1, peer.now);
    EXPECT_EQ(block.out_of_order_ranges, peer.config.out_of_order_ranges_max);
    EXPECT_LE(block.out_of_order_bytes, 60'000U);
    // What fills the gap is taken, with all that was kept behind it.
    peer.give(peer.ack(), std::string(1'400, 'x'));
    EXPECT_GE(peer.connection->receive_queue_size(), 1'400U);
    peer.give(peer.reset(peer.connection->receive_next()));
    EXPECT_TRUE(peer.connection->is_closed());
    EXPECT_EQ(peer.connection->receive_queue_size(), 0U);
}

TEST_P(RobustStreams, WhoseWindowShrinksSendNothingPastItAndGoOnWhenItOpens) {
    Peer peer;
    peer.syn_options.window_scale.reset();
    establish(peer);
    peer.send(15'000);
    peer.drain();
    // Less than what is out, then nothing, then all again.
    for (const std::uint16_t window : std::vector<std::uint16_t>{3'000, 0}) {
        peer.window = window;
        TcpHeader header = peer.ack();
        header.acknowledgment = Peer::kOurInitial + 1;
        peer.give(header);
        may_move(peer);
        for (int i = 0; i < 6; ++i) {
            if (!peer.connection->poll_deadline()) break;
            peer.pass(*peer.connection->poll_deadline() - peer.now);
            for (const auto& sent : peer.drain()) {
                const std::uint32_t end = sent.sequence - (Peer::kOurInitial + 1) +
                                          static_cast<std::uint32_t>(sent.text.size());
                EXPECT_LE(end, 15'000U) << "nothing new";
            }
            peer.give(header);  // it is there, and has no room
        }
        ASSERT_EQ(peer.connection->state(), State::Established);
    }
    peer.window = 20'000;
    std::uint32_t acknowledged = 0;
    for (int i = 0; i < 200 && peer.connection->send_queue_size() > 0; ++i) {
        TcpHeader header = peer.ack();
        header.acknowledgment = Peer::kOurInitial + 1 + acknowledged;
        peer.give(header);
        for (const auto& sent : peer.drain()) {
            const std::uint32_t begin = sent.sequence - (Peer::kOurInitial + 1);
            if (begin <= acknowledged) {
                acknowledged =
                    std::max(acknowledged, begin + static_cast<std::uint32_t>(sent.text.size()));
            }
        }
        if (peer.connection->poll_deadline()) {
            peer.pass(std::max(*peer.connection->poll_deadline() - peer.now, Duration()));
        }
    }
    EXPECT_EQ(peer.connection->send_queue_size(), 0U);
}

TEST_P(RobustStreams, DividedIntoManyAcknowledgmentsGrowTheWindowNoFaster) {
    // RFC 3465: growth counts bytes.
    const auto window_after = [&](std::uint32_t pieces) {
        Peer peer;
        establish(peer);
        peer.send(14'000);
        peer.drain();
        for (std::uint32_t i = 1; i <= pieces; ++i) {
            TcpHeader header = peer.ack();
            header.acknowledgment = Peer::kOurInitial + 1 + 1'400 * i / pieces;
            peer.give(header);
        }
        return peer.connection->congestion_window();
    };
    EXPECT_LE(window_after(1'400), window_after(1));
}

TEST_P(RobustStreams, ThatNeverOpenTheirWindowHoldTheirOwnQueueAndNoMore) {
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 50; ++i) {
        auto peer = std::make_unique<Peer>();
        peer->window = 0;
        peer->config.send_buffer_max = 8'192;
        establish(*peer);
        const std::vector<std::uint8_t> bytes(100'000, 'z');
        EXPECT_EQ(peer->connection->send(bytes), 8'192U);
        peers.push_back(std::move(peer));
    }
    std::size_t packets = 0;
    for (auto& peer : peers) {
        const Instant end = peer->now + Duration::seconds(3'600);
        const SequenceNumber acknowledged = peer->heard;
        while (peer->connection->poll_deadline() && *peer->connection->poll_deadline() < end) {
            packets += peer->drain().size();
            peer->heard = acknowledged;
            peer->give(peer->ack());
            peer->pass(*peer->connection->poll_deadline() - peer->now);
        }
        EXPECT_EQ(peer->connection->state(), State::Established);
        EXPECT_EQ(peer->connection->send_queue_size(), 8'192U);
    }
    EXPECT_LE(packets, 50U * 90) << "about one probe a minute";
}

TEST(RobustNumbers, WrapInMidTransferAndInMidMoveWithoutLoss) {
    for (const std::uint32_t edge : {0x8000'0000U, 0U}) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            SCOPED_TRACE("seed " + std::to_string(seed));
            Rng rng(seed);
            Pair pair;
            for (auto& side : pair.sides) {
                side.wanted = 150'000;
                side.chance.initial_sequence = SequenceNumber(edge - 70'000);
                side.chance.timestamp_offset = edge - 1'100;  // the clock wraps too
            }
            pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
                return Fate{.is_lost = rng.chance({3, 100}),
                            .delay = Duration::microseconds(
                                static_cast<std::int64_t>(1 + rng.below(15'000)))};
            };
            pair.open();
            const auto is_near = [&](SequenceNumber number) {
                return number - SequenceNumber(edge - 20'000) < 40'000;
            };
            int moves = 0;
            while (!pair.all_read()) {
                ASSERT_TRUE(pair.step(pair.now + Duration::seconds(600)));
                for (auto& side : pair.sides) {
                    if (!side.connection || side.connection->state() != State::Established)
                        continue;
                    if (!is_near(side.connection->send_next())) continue;
                    *side.connection =
                        moved(*side.connection, side.config, pair.now, pair.now, seed);
                    ++moves;
                }
                pair.settle();
            }
            EXPECT_GT(moves, 10);
            EXPECT_TRUE(pair.sides[0].is_content_right && pair.sides[1].is_content_right);
        }
    }
}

TEST(RobustClose, AbandonedAtEveryPointLeavesNoEndpointBehindAlsoAfterAMove) {
    // The wire goes dead behind the n-th packet; both ends move right then.
    for (const bool moves : {false, true}) {
        for (const bool closes_both : {false, true}) {
            for (std::size_t cut = 1; cut < 14; ++cut) {
                SCOPED_TRACE(std::to_string(cut) + (moves ? " moved" : ""));
                Pair pair;
                std::size_t carried = 0;
                pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
                    return Fate{.is_lost = ++carried > cut};
                };
                for (auto& side : pair.sides) {
                    side.wanted = 100;
                    side.closes = true;
                    side.config.keep_alive = true;
                }
                pair.sides[1].closes = closes_both;
                pair.open();
                bool has_moved = !moves;
                const Instant end = pair.now + Duration::seconds(30'000);
                while (pair.step(end)) {
                    if (has_moved || carried < cut) continue;
                    has_moved = true;
                    for (auto& side : pair.sides) {
                        if (!side.connection || !can_move(side.connection->state())) continue;
                        *side.connection = moved(*side.connection, side.config, pair.now, pair.now);
                    }
                    pair.settle();
                }
                for (auto& side : pair.sides) {
                    if (!side.connection) continue;
                    EXPECT_TRUE(side.connection->is_closed())
                        << to_string(side.connection->state());
                    EXPECT_FALSE(side.connection->poll_deadline());
                    EXPECT_EQ(side.connection->send_queue_size(), 0U);
                }
            }
        }
    }
}

TEST(RobustClose, InTimeWaitDoesNotMove) {
    Pair pair;
    for (auto& side : pair.sides)
        side.closes = true;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair[0].state() == State::TimeWait; }));
    EXPECT_FALSE(can_move(pair[0].state()));
    EXPECT_DEATH(static_cast<void>(pair[0].export_snapshot(1, pair.now)), "TIME-WAIT");
}

}  // namespace
}  // namespace shunt::tcp
