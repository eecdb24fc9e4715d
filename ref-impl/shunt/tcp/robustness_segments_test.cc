// SPDX-License-Identifier: Apache-2.0
// Single segments that a hostile or broken peer sends: options, URG, RST and SYN at the edges of
// the window in every state, old timestamps, challenges.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/robustness.hh"

namespace shunt::tcp {
namespace {

using testing::give;
using testing::is_alive;
using testing::Peer;
using testing::with_options;
using wire::TcpHeader;

/// The parameter says whether the connection has just moved when the stimulus comes.
class RobustSegments : public ::testing::TestWithParam<bool> {
  protected:
    void may_move(Peer& peer) const { testing::move_if(GetParam(), peer); }
    void establish(Peer& peer) const {
        peer.establish();
        peer.events();
        may_move(peer);
    }
};
INSTANTIATE_TEST_SUITE_P(Move, RobustSegments, ::testing::Bool());

TEST_P(RobustSegments, WithMalformedOptionsCarryTheirTextAllTheSame) {
    // Kinds MSS, scale, SACK-permitted, SACK, timestamps and an unknown one with every length.
    for (const unsigned kind : {2U, 3U, 4U, 5U, 8U, 254U}) {
        for (unsigned length = 0; length <= 44; ++length) {
            Peer peer;
            establish(peer);
            const std::vector<std::uint8_t> options{static_cast<std::uint8_t>(kind),
                                                    static_cast<std::uint8_t>(length),
                                                    0xFF,
                                                    0xFF,
                                                    0xFF,
                                                    0xFF,
                                                    0xFF,
                                                    0xFF};
            give(peer, with_options(peer, peer.ack(), options, "12345"));
            peer.next = peer.next + 5;
            ASSERT_EQ(peer.connection->receive_queue_size(), 5U) << kind << " " << length;
            ASSERT_TRUE(is_alive(peer)) << kind << " " << length;
        }
    }
}

TEST_P(RobustSegments, WithRandomOptionsEndNothing) {
    Rng rng(31);
    Peer peer;
    establish(peer);
    peer.send(5'000);
    peer.drain();
    const SequenceNumber acknowledged = Peer::kOurInitial + 1;
    for (int i = 0; i < 3'000; ++i) {
        std::vector<std::uint8_t> options(static_cast<std::size_t>(rng.below(41)));
        for (auto& byte : options)
            byte = static_cast<std::uint8_t>(rng.below(rng.chance({1, 2}) ? 12 : 256));
        TcpHeader header = peer.ack();
        header.acknowledgment = acknowledged;
        give(peer, with_options(peer, header, options, ""));
        peer.drain();
        ASSERT_EQ(peer.connection->state(), State::Established);
    }
    ASSERT_TRUE(is_alive(peer));
}

TEST_P(RobustSegments, AnnouncingATinyMssGetSegmentsOfTheFloor) {
    for (const std::optional<std::uint16_t> mss :
         std::vector<std::optional<std::uint16_t>>{0, 1, 8, 47, 48, 49, std::nullopt}) {
        Peer peer;
        peer.syn_options.mss = mss;
        establish(peer);
        peer.send(2'000);
        const auto sent = peer.drain();
        ASSERT_FALSE(sent.empty());
        const std::size_t floor = std::max<std::size_t>(mss.value_or(536), 48);
        EXPECT_EQ(sent[0].text.size(), floor);
    }
}

TEST_P(RobustSegments, MarkedUrgentAreOrdinaryTextWhereverThePointerLies) {
    for (const std::uint16_t pointer : std::vector<std::uint16_t>{0, 1, 5, 6, 65'535}) {
        for (const bool has_fin : {false, true}) {
            Peer peer;
            establish(peer);
            TcpHeader header = peer.ack();
            header.flags.urgent = true;
            header.flags.fin = has_fin;
            header.urgent_pointer = pointer;
            EXPECT_EQ(peer.give(header, "12345"), std::nullopt);
            EXPECT_EQ(peer.connection->receive_queue_size(), 5U);
            EXPECT_EQ(peer.connection->state(), has_fin ? State::CloseWait : State::Established);
            may_move(peer);
            peer.next = peer.next + 5;
            if (!has_fin) {
                ASSERT_TRUE(is_alive(peer));
            }
        }
    }
}

TEST_P(RobustSegments, MarkedUrgentCannotEnterAClosedWindow) {
    Peer peer;
    peer.config.receive_buffer_max = 1'000;
    peer.syn_options.window_scale.reset();
    establish(peer);
    while (peer.connection->receive_queue_size() < 1'000) {
        peer.give_next(std::string(100, 'x'));
        peer.drain();
    }
    may_move(peer);
    TcpHeader header = peer.ack();
    header.flags.urgent = true;
    header.urgent_pointer = 65'535;
    for (int i = 0; i < 100; ++i)
        peer.give(header, std::string(100, 'u'));
    EXPECT_LE(peer.connection->receive_queue_size(), 1'000U + 1'000 / 8 + 128);
    EXPECT_EQ(peer.connection->state(), State::Established);
}

/// Connections in every state that a peer can meet, by name.
std::vector<State> all_states() {
    return {State::Established, State::FinWait1, State::FinWait2, State::CloseWait,
            State::Closing,     State::LastAck,  State::TimeWait};
}

/// The peer's number is then the next one expected.
void bring_into(Peer& peer, State wanted) {
    peer.establish();
    const auto peer_fin = [&] {
        TcpHeader fin = peer.ack();
        fin.flags.fin = true;
        peer.give(fin);
        peer.next = peer.next + 1;
    };
    const SequenceNumber before = peer.heard;
    const auto without_ours = [&] { peer.heard = before; };
    switch (wanted) {
        case State::Established:
            break;
        case State::CloseWait:
            peer_fin();
            break;
        case State::LastAck:
            peer_fin();
            peer.connection->close();
            break;
        case State::FinWait1:
            peer.connection->close();
            break;
        case State::FinWait2:
            peer.connection->close();
            peer.drain();
            peer.give(peer.ack());
            break;
        case State::Closing:
            peer.connection->close();
            peer.drain();
            without_ours();
            peer_fin();
            break;
        case State::TimeWait:
            peer.connection->close();
            peer.drain();
            peer_fin();
            break;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
            break;
    }
    peer.drain();
    peer.events();
    ASSERT_EQ(peer.connection->state(), wanted);
}

TEST_P(RobustSegments, ResetEndTheConnectionAtTheNextNumberAlone) {
    for (const State state : all_states()) {
        SCOPED_TRACE(to_string(state));
        Peer peer;
        ASSERT_NO_FATAL_FAILURE(bring_into(peer, state));
        may_move(peer);
        peer.events();
        const auto window =
            static_cast<std::uint32_t>(state == State::Established ? 65'535 - 1 : 1);
        const SequenceNumber next = peer.connection->receive_next();
        peer.give(peer.reset(next - 1));
        EXPECT_TRUE(peer.drain().empty()) << "left of the window nothing is answered";
        peer.give(peer.reset(next + 0x4000'0000));
        EXPECT_TRUE(peer.drain().empty()) << "nor right of it";
        peer.give(peer.reset(next + window));
        EXPECT_LE(peer.drain().size(), 1U) << "inside it is asked back";
        EXPECT_EQ(peer.connection->state(), state);
        peer.give(peer.reset(next));
        EXPECT_TRUE(peer.connection->is_closed());
        EXPECT_FALSE(peer.connection->poll_deadline());
        EXPECT_TRUE(peer.drain().empty()) << "a reset is never answered";
    }
}

TEST_P(RobustSegments, SynsAreAskedBackWhateverTheirNumber) {
    for (const State state : all_states()) {
        SCOPED_TRACE(to_string(state));
        Peer peer;
        ASSERT_NO_FATAL_FAILURE(bring_into(peer, state));
        may_move(peer);
        const SequenceNumber next = peer.connection->receive_next();
        peer.drain();
        for (const std::uint32_t offset : {0xFFFF'FFFFU, 0U, 1U, 100U, 0x4000'0000U}) {
            TcpHeader syn = peer.at(next + offset);
            syn.flags = {};
            syn.flags.syn = true;
            peer.give(syn);
            const auto sent = peer.drain();
            ASSERT_EQ(sent.size(), 1U) << offset;
            EXPECT_TRUE(sent[0].flags.acknowledgment && !sent[0].flags.syn);
            EXPECT_EQ(sent[0].acknowledgment, next);
            EXPECT_EQ(peer.connection->state(), state);
        }
    }
}

TEST_P(RobustSegments, ChallengesAreLimitedForEachConnectionByItself) {
    Peer attacked;
    Peer watched;
    establish(attacked);
    establish(watched);
    const auto challenges_of = [](Peer& peer, int count) {
        std::size_t answers = 0;
        for (int i = 0; i < count; ++i) {
            peer.give(peer.reset(peer.next + 1));
            answers += peer.drain().size();
            TcpHeader syn = peer.ack();
            syn.flags.syn = true;
            peer.give(syn);
            answers += peer.drain().size();
            TcpHeader far = peer.ack();
            far.acknowledgment = peer.heard + 0x4000'0000;
            peer.give(far);
            answers += peer.drain().size();
        }
        return answers;
    };
    EXPECT_EQ(challenges_of(attacked, 1'000), std::size_t{ChallengeLimit::kCountMax});
    EXPECT_EQ(challenges_of(watched, 3), 9U) << "CVE-2016-5696: nothing is learned from one "
                                                "connection about another";
    attacked.pass(ChallengeLimit::kPeriod);
    EXPECT_EQ(challenges_of(attacked, 3), 9U);
}

TEST_P(RobustSegments, WithOldTimestampsAreDroppedFor24DaysAndThenBelieved) {
    Peer peer;
    peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
    establish(peer);
    peer.pass(Duration::seconds(1));
    peer.give_next("new");
    peer.pass(Duration::milliseconds(40));
    peer.drain();
    may_move(peer);
    TcpHeader old = peer.ack();
    old.options.timestamps->value -= 500;
    EXPECT_EQ(peer.give(old, "old"), Counter::DropTcpPaws);
    EXPECT_EQ(peer.drain().size(), 1U) << "its sender waits";
    EXPECT_EQ(peer.connection->receive_queue_size(), 3U);
    // The peer's clock may be anywhere after so long (RFC 7323 5.5).
    peer.now = peer.now + Duration::seconds(24 * 86'400 - 100);
    may_move(peer);
    EXPECT_EQ(peer.give(old, "old"), Counter::DropTcpPaws);
    peer.drain();
    peer.now = peer.now + Duration::seconds(200);
    may_move(peer);
    EXPECT_EQ(peer.give(old, "old"), std::nullopt) << "it does not freeze";
    EXPECT_EQ(peer.connection->receive_queue_size(), 6U);
}

TEST_P(RobustSegments, AcknowledgingWhatWasNotSentAreAskedBackAndChangeNothing) {
    Peer peer;
    establish(peer);
    peer.send(1'000);
    peer.drain();
    may_move(peer);
    const Snapshot before = peer.connection->export_snapshot(1, peer.now);
    for (const std::uint32_t ahead : {1U, 1'000U, 0x7FFF'0000U}) {
        TcpHeader header = peer.ack();
        header.acknowledgment = peer.heard + ahead;
        EXPECT_EQ(peer.give(header), Counter::DropTcpAcknowledgment);
    }
    Snapshot after = peer.connection->export_snapshot(1, peer.now);
    after.block.flags = before.block.flags;  // an answer is due
    EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace shunt::tcp
