// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.8.6 demands of a sender whose peer takes its window back; docs/rfc9293.md names
// the requirements.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

constexpr std::uint32_t kFlight = 14'600;

/// Ten segments are out, as many wait; then the peer acknowledges the first and takes back all but
/// `window` bytes of what it had offered.
class ShrunkWindow : public ::testing::Test {
  protected:
    void shrink_to(std::uint16_t window) {
        peer_.syn_options.window_scale.reset();
        peer_.window = 40'000;
        peer_.establish();
        peer_.send(2 * kFlight);
        first_ = peer_.drain().at(1).sequence;
        peer_.window = window;
        peer_.heard = first_;
        peer_.give(peer_.ack());
    }
    /// The next deadline has come; what is sent then.
    std::vector<testing::Sent> wait() {
        const auto deadline = peer_.connection->poll_deadline();
        SHUNT_ASSERT(deadline, "something waits");
        peer_.now = *deadline;
        peer_.connection->handle_deadline(peer_.now);
        auto sent = peer_.drain();
        peer_.heard = first_;
        return sent;
    }
    Peer peer_;
    SequenceNumber first_;  // that is not acknowledged
};

TEST_F(ShrunkWindow, GetsNoNewData) {
    shrink_to(5'000);
    for (const auto& segment : peer_.drain())
        EXPECT_TRUE(segment.text.empty());
    for (int i = 0; i < 5; ++i) {
        for (const auto& segment : wait())
            EXPECT_TRUE(segment.sequence.before(Peer::kOurInitial + 1 + kFlight));
        peer_.give(peer_.ack());
    }
}

TEST_F(ShrunkWindow, GetsTheOldDataInsideAgainAndNothingOutside) {
    shrink_to(5'000);
    peer_.drain();
    bool is_first_sent = false;
    for (int i = 0; i < 6; ++i) {
        for (const auto& segment : wait()) {
            const auto end = segment.sequence + static_cast<std::uint32_t>(segment.text.size());
            EXPECT_TRUE(end.at_or_before(first_ + 5'000));
            is_first_sent = is_first_sent || segment.sequence == first_;
        }
        peer_.give(peer_.ack());
    }
    EXPECT_TRUE(is_first_sent);
}

/// The peer takes what fits, so that the congestion window grows; its edge stays where it is.
TEST_F(ShrunkWindow, GetsNothingOutsideWhereTheCongestionWindowHasRoom) {
    shrink_to(5'000);
    peer_.drain();
    SequenceNumber heard = first_;
    auto sent = wait();
    for (int i = 0; i < 20 && heard.before(first_ + 5'000); ++i) {
        for (const auto& segment : sent) {
            const auto end = segment.sequence + static_cast<std::uint32_t>(segment.text.size());
            EXPECT_TRUE(end.at_or_before(first_ + 5'000)) << end - first_;
            if (segment.sequence.at_or_before(heard) && end.after(heard)) heard = end;
        }
        peer_.heard = heard;
        peer_.window = static_cast<std::uint16_t>(5'000 - (heard - first_));
        peer_.give(peer_.ack());
        sent = peer_.drain();
        if (sent.empty()) sent = wait();
    }
    EXPECT_EQ(heard - first_, 5'000U) << "what is inside has come";
}

TEST_F(ShrunkWindow, IsUsedAgainWhenItOpens) {
    shrink_to(5'000);
    peer_.drain();
    wait();
    peer_.window = 40'000;
    SequenceNumber heard = first_;
    for (int round = 0; round < 100 && peer_.connection->send_queue_size() > 0; ++round) {
        peer_.heard = heard;
        peer_.give(peer_.ack());
        auto sent = peer_.drain();
        if (sent.empty() && peer_.connection->send_queue_size() > 0) sent = wait();
        for (const auto& segment : sent) {
            const auto end = segment.sequence + static_cast<std::uint32_t>(segment.text.size());
            if (segment.sequence.at_or_before(heard) && end.after(heard)) heard = end;
        }
    }
    EXPECT_EQ(peer_.connection->send_queue_size(), 0U);
    EXPECT_EQ(heard, Peer::kOurInitial + 1 + 2 * kFlight);
}

TEST_F(ShrunkWindow, OfNothingIsProbedAndNeverTimesOut) {
    shrink_to(0);
    peer_.drain();
    const Instant end = peer_.now + Duration::seconds(3'600);
    int probes = 0;
    while (peer_.now < end) {
        for (const auto& segment : wait()) {
            EXPECT_EQ(segment.sequence, first_);
            EXPECT_LE(segment.text.size(), 1U);
            ++probes;
        }
        ASSERT_FALSE(peer_.connection->is_closed());
        peer_.give(peer_.ack());
        for (const auto& segment : peer_.drain())
            EXPECT_TRUE(segment.text.empty());
    }
    EXPECT_GE(probes, 60);
}

}  // namespace
}  // namespace shunt::tcp
