// SPDX-License-Identifier: Apache-2.0
// Windows: closed and open again, probes, silly windows, Nagle (RFC 9293 3.8.6, 3.7.4).
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;

TEST(ZeroWindow, StopsTheSenderUntilTheReaderReads) {
    for (const bool is_update_lost : {false, true}) {
        Pair pair;
        pair.sides[1].config.receive_buffer_max = 20'000;
        pair.sides[1].reads = false;
        pair.sides[0].wanted = 100'000;
        pair.open();
        pair.run_for(Duration::seconds(200));
        EXPECT_LE(pair[1].receive_queue_size(), 20'000U * 9 / 8 + 128);
        EXPECT_FALSE(pair[0].is_closed());
        EXPECT_TRUE(pair[0].poll_deadline()) << "the window is probed";
        if (is_update_lost) {
            const std::size_t lost = pair.sides[1].sent.size();
            pair.plan = [lost](std::size_t from, std::size_t index, const wire::TcpView&) {
                return Fate{.is_lost = from == 1 && index == lost};
            };
        }
        pair.sides[1].reads = true;
        pair.settle();
        ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
        EXPECT_TRUE(pair.sides[1].is_content_right);
    }
}

TEST(ZeroWindow, IsProbedWithOneOctetEverMoreSeldom) {
    Peer peer;
    peer.window = 0;
    peer.establish();
    peer.send(100);
    EXPECT_TRUE(peer.drain().empty());
    std::vector<Duration> pauses;
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(peer.connection->poll_deadline());
        pauses.push_back(*peer.connection->poll_deadline() - peer.now);
        peer.now = *peer.connection->poll_deadline();
        peer.connection->handle_deadline(peer.now);
        const auto sent = peer.drain();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].sequence, Peer::kOurInitial + 1);
        EXPECT_EQ(sent[0].text.size(), 1U);
        wire::TcpHeader closed = peer.ack();
        closed.acknowledgment = Peer::kOurInitial + 1;
        peer.give(closed);
        EXPECT_TRUE(peer.drain().empty());
    }
    EXPECT_TRUE(std::ranges::is_sorted(pauses));
    EXPECT_EQ(pauses.front(), Duration::milliseconds(200));
    EXPECT_EQ(pauses.back(), Duration::seconds(60));
    // It opens: everything goes, from the probed octet on.
    peer.window = 1'000;
    wire::TcpHeader open = peer.ack();
    open.acknowledgment = Peer::kOurInitial + 1;
    peer.give(open);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, Peer::kOurInitial + 1);
    EXPECT_EQ(sent[0].text.size(), 100U);
}

TEST(ZeroWindow, TakesAProbedOctetThatThePeerAccepts) {
    Peer peer;
    peer.window = 0;
    peer.establish();
    peer.send(100);
    peer.drain();
    peer.pass(Duration::milliseconds(200));
    ASSERT_EQ(peer.drain().size(), 1U);
    peer.window = 1'000;
    peer.give(peer.ack());
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, Peer::kOurInitial + 2);
    EXPECT_EQ(sent[0].text.size(), 99U);
    peer.give(peer.ack());
    EXPECT_FALSE(peer.connection->poll_deadline());
}

TEST(ZeroWindow, HoldsTheFinBackToo) {
    Peer peer;
    peer.window = 0;
    peer.establish();
    peer.connection->close();
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(Duration::milliseconds(200));
    const auto probe = peer.drain();
    ASSERT_EQ(probe.size(), 1U);
    EXPECT_TRUE(probe[0].flags.fin);
    peer.give(peer.ack());
    EXPECT_EQ(peer.connection->state(), State::FinWait2);
}

TEST(ZeroWindow, IsNoReasonToGiveUpAsLongAsThePeerAnswers) {
    Pair pair;
    pair.sides[1].config.receive_buffer_max = 5'000;
    pair.sides[1].reads = false;
    pair.sides[0].wanted = 20'000;
    pair.open();
    pair.run_for(Duration::seconds(4 * 3'600));
    EXPECT_FALSE(pair[0].is_closed());
    pair.plan = [](std::size_t, std::size_t, const wire::TcpView&) {
        return Fate{.is_lost = true};
    };
    EXPECT_TRUE(pair.run_until([&] { return pair[0].is_closed(); }, Duration::seconds(1'000)));
    EXPECT_TRUE(pair.sides[0].had(Event::TimedOut));
}

TEST(ZeroWindow, OfOursAcknowledgesWhatComesWithAProbe) {
    Peer peer;
    peer.config.receive_buffer_max = 100;
    peer.establish();
    peer.give_next(std::string(100, 'x'));
    peer.send(5);
    ASSERT_EQ(peer.drain()[0].window, 0);
    EXPECT_EQ(peer.give(peer.ack(), "p"), std::nullopt);
    EXPECT_FALSE(peer.connection->is_established_and_idle());
    EXPECT_EQ(peer.connection->send_unacknowledged(), peer.heard);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].acknowledgment, peer.next);
}

TEST(SillyWindow, IsNotOfferedByTheReceiver) {
    Peer peer;
    peer.config.receive_buffer_max = 10'000;
    peer.syn_options.window_scale.reset();
    peer.establish();
    for (int i = 0; i < 7; ++i)
        peer.give_next(std::string(1'428, 'x'));
    peer.give_next("last");
    ASSERT_EQ(peer.drain().back().window, 0);
    // 2 segments or half the buffer; not less, nor where an acknowledgment goes for another reason
    // a part of a segment.
    peer.connection->consume(1'000);
    EXPECT_TRUE(peer.drain().empty());
    peer.give(peer.ack(), "?");
    const auto answer = peer.drain();
    ASSERT_EQ(answer.size(), 1U);
    EXPECT_EQ(answer[0].window, 0);
    peer.connection->consume(1'919);
    EXPECT_TRUE(peer.drain().empty());
    peer.connection->consume(1);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].window, 2'920);
}

TEST(SillyWindow, IsNotFilledByTheSender) {
    Peer peer;
    peer.window = 5'000;
    peer.syn_options.window_scale.reset();
    peer.establish();
    peer.send(10'000);
    std::size_t sent = 0;
    for (const auto& segment : peer.drain())
        sent += segment.text.size();
    EXPECT_EQ(sent, 3U * 1'460);
    peer.window = 1'000;
    peer.give(peer.ack());
    EXPECT_TRUE(peer.drain().empty()) << "less than a segment and than half of its largest window";
    // What fits goes when the override timer says so (RFC 9293 3.8.6.2.1).
    ASSERT_TRUE(peer.connection->poll_deadline());
    peer.now = *peer.connection->poll_deadline();
    peer.connection->handle_deadline(peer.now);
    const auto late = peer.drain();
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].text.size(), 1'000U);
}

TEST(Nagle, HoldsASmallSegmentWhileAnotherIsOut) {
    Peer peer;
    peer.establish();
    peer.connection->set_no_delay(false);
    peer.send(10);
    EXPECT_EQ(peer.drain().size(), 1U);
    peer.send(10);
    peer.send(10);
    EXPECT_TRUE(peer.drain().empty());
    peer.give(peer.ack());
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text.size(), 20U);
}

TEST(Nagle, CanBeSwitchedOff) {
    Peer peer;
    peer.establish();
    peer.connection->set_no_delay(true);
    for (int i = 0; i < 3; ++i) {
        peer.send(10);
        EXPECT_EQ(peer.drain().size(), 1U);
    }
}

TEST(Nagle, DoesNotHoldTheFin) {
    Peer peer;
    peer.establish();
    peer.connection->set_no_delay(false);
    peer.send(10);
    peer.drain();
    peer.send(10);
    peer.connection->close();
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].flags.fin);
}

TEST(RightEdge, NeverGoesBack) {
    // A reader that reads in odd amounts, a sender with odd segments, a scale that cuts bits off.
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng(seed);
        Peer peer;
        peer.config.receive_buffer_max = static_cast<std::uint32_t>(5'000 + rng.below(100'000));
        peer.config.window_scale = static_cast<std::uint8_t>(rng.below(10));
        const unsigned scale = peer.config.window_scale;
        peer.establish();
        SequenceNumber edge = peer.connection->receive_next();
        const std::uint64_t size_max = rng.chance({1, 4}) ? 50 : 1'444;
        for (int round = 0; round < 2'000; ++round) {
            const auto wanted = static_cast<std::uint32_t>(rng.below(size_max));
            // Up to the last octet that was ever promised, and all of it is taken.
            peer.give_next(std::string(std::min(wanted, edge - peer.next), 'x'));
            ASSERT_EQ(peer.connection->receive_next(), peer.next)
                << "seed " << seed << " round " << round;
            if (rng.chance({1, 2})) {
                const std::size_t ready = peer.connection->readable().size();
                peer.connection->consume(static_cast<std::size_t>(rng.below(ready + 1)));
            }
            if (rng.chance({1, 5})) peer.pass(Duration::milliseconds(40));
            for (const auto& sent : peer.drain()) {
                const SequenceNumber announced =
                    sent.acknowledgment + (std::uint32_t{sent.window} << scale);
                // Where the reserve is used up, by many small segments that nobody reads, the
                // rounding shows: by less than one unit (RFC 7323 2.4).
                const std::size_t held = peer.connection->receive_queue_size();
                const bool is_full = held + (edge - sent.acknowledgment) >
                                     peer.config.receive_buffer_max * std::size_t{9} / 8;
                const SequenceNumber least = is_full ? edge - (1U << scale) : edge;
                ASSERT_TRUE(announced.at_or_after(least)) << "seed " << seed << " round " << round;
                if (announced.after(edge)) edge = announced;
            }
        }
    }
}

// Once the reserve for rounding is used up, less is announced than was promised. What was promised
// is taken all the same, to the last octet (RFC 9293 3.8.6: the window MUST NOT shrink).
TEST(RightEdge, HoldsWhatWasPromisedAlsoWhereLessIsAnnounced) {
    Peer peer;
    peer.config.receive_buffer_max = 10'000;
    peer.config.window_scale = 9;
    peer.establish();
    SequenceNumber edge = peer.connection->receive_next();
    int announced_less = 0;
    for (int round = 0; round < 3'000; ++round) {
        const std::uint32_t left = round == 0 ? 10 : edge - peer.next;
        peer.give_next(std::string(std::min<std::uint32_t>(left, 10), 'x'));
        ASSERT_EQ(peer.connection->receive_next(), peer.next) << "round " << round;
        peer.pass(Duration::milliseconds(40));
        for (const auto& sent : peer.drain()) {
            const SequenceNumber announced =
                sent.acknowledgment + (std::uint32_t{sent.window} << peer.config.window_scale);
            if (announced.before(edge)) ++announced_less;
            if (announced.after(edge)) edge = announced;
        }
    }
    EXPECT_GT(announced_less, 10);
    EXPECT_EQ(peer.next, edge);
}

TEST(Memory, IsNotHeldByAnIdleConnection) {
    Peer peer;
    peer.establish();
    peer.give_next(std::string(1'000, 'x'));
    peer.send(10'000);
    peer.drain();
    peer.give(peer.ack());
    peer.connection->consume(1'000);
    peer.connection->release_memory();
    peer.give_next("more");
    EXPECT_EQ(peer.connection->readable().size(), 4U);
}

TEST(FlowControl, WhatIsWrittenInPlaceIsSent) {
    Peer peer;
    peer.config.send_buffer_max = 3'000;
    peer.establish();
    const MutableBytes room = peer.connection->send_room(5);
    ASSERT_EQ(room.size(), 5U);
    std::ranges::fill(room, std::uint8_t{'a'});
    peer.connection->send_written(3);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, (std::vector<std::uint8_t>{'a', 'a', 'a'}));
    while (!peer.connection->send_room(1'000).empty())
        peer.connection->send_written(peer.connection->send_room(1'000).size());
    EXPECT_EQ(peer.connection->send_queue_size(), 3'000U);
    peer.connection->close();
    EXPECT_TRUE(peer.connection->send_room(1).empty());
}

TEST(FlowControl, LimitedQueuesTakeLessUntilAllTogetherAreShort) {
    Peer peer;
    peer.config.send_buffer_max = 200'000;
    peer.establish();
    const std::vector<std::uint8_t> much(200'000, 1);
    EXPECT_EQ(peer.connection->send(much), 200'000U);
    peer.connection->limit_queues(150'000);
    peer.give_next(std::string(1'000, 'p'));
    ASSERT_EQ(peer.connection->receive_queue_size(), 1'000U);
    const auto acknowledge_once = [&] {
        peer.drain();
        peer.pass(Duration::milliseconds(10));
        peer.give(peer.ack());
        peer.connection->send(much);
    };
    while (peer.connection->send_queue_size() > 149'000) {
        const std::size_t before = peer.connection->send_queue_size();
        acknowledge_once();
        ASSERT_LT(peer.connection->send_queue_size(), before);
    }
    EXPECT_EQ(peer.connection->send_queue_size(), 149'000U) << "as much as is left";
    acknowledge_once();
    EXPECT_EQ(peer.connection->send_queue_size(), 149'000U);
    peer.connection->limit_queues(0);
    for (int round = 0; round < 200 && peer.connection->send_queue_size() > 16'384; ++round)
        acknowledge_once();
    EXPECT_EQ(peer.connection->send_queue_size(), 16'384U) << "never so few that nothing goes on";
}

TEST(FlowControl, BeyondTheFloorTheSendQueueFollowsTheCongestionWindow) {
    Peer peer;
    peer.config.send_buffer_max = 1'000'000;
    peer.config.send_buffer_floor = 50'000;
    peer.syn_options.window_scale = 4;
    peer.establish();
    const std::vector<std::uint8_t> much(1'000'000, 1);
    EXPECT_EQ(peer.connection->send(much), 50'000U);
    EXPECT_EQ(peer.connection->send_capacity(), 0U);
    EXPECT_EQ(peer.connection->send(much), 0U);
    for (int round = 0; round < 40 && peer.connection->congestion_window() < 60'000; ++round) {
        peer.drain();
        peer.pass(Duration::milliseconds(10));
        peer.give(peer.ack());
        peer.connection->send(much);
    }
    peer.events();
    EXPECT_EQ(peer.connection->send_capacity(), 0U);
    EXPECT_EQ(peer.connection->send_queue_size(), peer.connection->congestion_window() * 2);
    peer.drain();
    peer.pass(Duration::milliseconds(10));
    peer.give(peer.ack());
    const auto events = peer.events();
    EXPECT_NE(std::find(events.begin(), events.end(), Event::Writable), events.end());
}

}  // namespace
}  // namespace shunt::tcp
