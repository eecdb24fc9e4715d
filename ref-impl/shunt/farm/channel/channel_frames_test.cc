// SPDX-License-Identifier: Apache-2.0
// What a server answers to frames that a handmade peer sends, right ones and others (CTL-1, CTL-4,
// CTL-5; SEC-1, SEC-5).
#include <gtest/gtest.h>

#include "shunt/farm/channel/channels_fixture.hh"
#include "shunt/wire/server_state.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::farm {
namespace {

using wire::ControlKind;

/// Server 2 alone; the hand has the address of server 1, whose connections stay (CTL-1), and
/// accepts none.
class ChannelFramesTest : public ChannelsFixture {
  protected:
    void SetUp() override { start(2, 22); }

    /// A connection of the hand on which both hellos have come, and what came then.
    stack::SocketId open_channel(std::uint64_t boot = 1) {
        const auto id = connect(1, 2);
        say(1, id, hello(1, boot));
        EXPECT_TRUE(at(2).is_open(1));
        heard(1, id);
        return id;
    }
    std::uint16_t error_code(const Bytes& frame) {
        EXPECT_EQ(view(frame).kind(), ControlKind::Error);
        return wire::ErrorBody::parse(view(frame).body())->code;
    }
    bool is_closed(stack::SocketId id) {
        const auto state = hand(1).state(id);
        return !state || *state == tcp::State::Closed || *state == tcp::State::CloseWait;
    }
};

TEST_F(ChannelFramesTest, OnlyHelloIsSentBeforeBothHaveCome) {
    const auto id = connect(1, 2);
    run_for(Duration::seconds(2));
    const auto before = heard(1, id);
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(view(before[0]).kind(), ControlKind::Hello);
    const auto greeting = wire::HelloBody::parse(view(before[0]).body());
    ASSERT_TRUE(greeting);
    EXPECT_EQ(*greeting, (wire::HelloBody{2, at(2).boot(), 9, "s2"}));
    say(1, id, hello(1));
    const auto after = heard(1, id);
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(view(after[0]).kind(), ControlKind::Ping);
    EXPECT_EQ(view(after[1]).kind(), ControlKind::ServerState);
}

TEST_F(ChannelFramesTest, APingIsAnsweredWithItsTransaction) {
    const auto id = open_channel();
    say(1, id, frame(ControlKind::Ping, {}, 0xABCDEF));
    const auto answers = heard(1, id);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(wire::test::to_hex(answers[0]),
              wire::test::to_hex(frame(ControlKind::Pong, {}, 0xABCDEF)));
}

TEST_F(ChannelFramesTest, APingComesEachSecondWhateverElseDoes) {
    const auto id = open_channel();
    for (int i = 0; i < 25; ++i) {
        say(1, id, frame(ControlKind::Ping));
        run_for(Duration::milliseconds(100));
    }
    std::size_t pings = 0;
    for (const Bytes& frame : heard(1, id))
        pings += view(frame).kind() == ControlKind::Ping ? 1U : 0U;
    EXPECT_EQ(pings, 2U);
}

TEST_F(ChannelFramesTest, SilenceEndsTheChannelAfterThreeSeconds) {
    const auto id = open_channel();
    run_for(Duration::milliseconds(2'950));
    EXPECT_TRUE(at(2).is_open(1));
    say(1, id, {0});  // any byte is life, also a part of a frame
    run_for(Duration::milliseconds(2'950));
    EXPECT_TRUE(at(2).is_open(1));
    run_for(Duration::milliseconds(100));
    EXPECT_FALSE(at(2).is_open(1));
}

TEST_F(ChannelFramesTest, AnUnknownKindIsSkippedCountedAndAnswered) {
    const auto id = open_channel();
    say(1, id, frame(static_cast<ControlKind>(0x77), Bytes(1'000), 5));
    say(1, id, frame(ControlKind::Ping, {}, 6));
    const auto answers = heard(1, id);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(error_code(answers[0]), 1U);
    EXPECT_EQ(view(answers[0]).transaction(), 5U);
    EXPECT_EQ(view(answers[1]).kind(), ControlKind::Pong);
    EXPECT_EQ(counted(2, Counter::DropControlKind), 1U);
}

TEST_F(ChannelFramesTest, WhatIsNotServedIsAnsweredWithNotReady) {
    const auto id = open_channel();
    for (const ControlKind kind : {ControlKind::Blob, ControlKind::HandoffRequest,
                                   ControlKind::Session, ControlKind::MovedIcmp})
        say(1, id, frame(kind, Bytes(3)));
    const auto answers = heard(1, id);
    ASSERT_EQ(answers.size(), 4U);
    for (const Bytes& answer : answers)
        EXPECT_EQ(error_code(answer), 3U);
    EXPECT_EQ(counted(2, Counter::DropControlUnready), 4U);
}

TEST_F(ChannelFramesTest, ASessionIsLearnedFromWhoKeepsIt) {
    config_.session.mode = SessionMode::Cookie;
    const auto id = open_channel();
    const Bytes session{2, 3, 'a', 'b', 'c', 0, 0, 0, 1, 0, 0, 0, 60};
    Bytes of_another = session;
    of_another[8] = 2;
    Bytes too_long = session;
    too_long.push_back(0);
    say(1, id, frame(ControlKind::Session, session));
    say(1, id, frame(ControlKind::Session, of_another));
    say(1, id, frame(ControlKind::Session, too_long));
    const auto answers = heard(1, id);
    ASSERT_EQ(answers.size(), 2U) << "what is right is not answered";
    for (const Bytes& answer : answers)
        EXPECT_EQ(error_code(answer), 2U);
    const auto told = at(2).poll_session();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->kind, wire::SessionKind::Tls);
    EXPECT_EQ(told->id, (Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(told->server, 1U);
    EXPECT_EQ(told->lifetime, 60U);
    EXPECT_FALSE(at(2).poll_session());
}

TEST_F(ChannelFramesTest, WhatAPredecessorHasToldIsForgottenWithIt) {
    config_.session.mode = SessionMode::Cookie;
    say(1, open_channel(1), frame(ControlKind::Session, {2, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 60}));
    say(1, open_channel(2), frame(ControlKind::Session, {2, 1, 'b', 0, 0, 0, 1, 0, 0, 0, 60}));
    const auto told = at(2).poll_session();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->id, (Bytes{'b'}));
    EXPECT_FALSE(at(2).poll_session());
}

TEST_F(ChannelFramesTest, NoAnswerIsAnswered) {
    const auto id = open_channel();
    for (const ControlKind kind : {ControlKind::Error, ControlKind::Pong,
                                   ControlKind::BlobAcknowledgement, ControlKind::ObjectResult})
        say(1, id, frame(kind, Bytes(3)));
    EXPECT_TRUE(heard(1, id).empty());
    EXPECT_EQ(counted(2, Counter::DropControlAnswer), 4U);
    EXPECT_TRUE(at(2).is_open(1));
}

TEST_F(ChannelFramesTest, ABodyThatContradictsItselfIsAnswered) {
    const auto id = open_channel();
    say(1, id, frame(ControlKind::ServerState, Bytes(29), 8));
    say(1, id, hello(1));
    const auto answers = heard(1, id);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(error_code(answers[0]), 2U);
    EXPECT_EQ(view(answers[0]).transaction(), 8U);
    EXPECT_EQ(error_code(answers[1]), 2U);
    EXPECT_EQ(counted(2, Counter::DropControlBody), 2U);
}

TEST_F(ChannelFramesTest, NobodySpeaksForAnotherServersState) {
    const auto id = open_channel();
    const wire::ServerStateBody state{3, {}, {}, {}};
    Bytes body(state.size());
    state.write_to(body);
    say(1, id, frame(ControlKind::ServerState, body));
    EXPECT_EQ(at(2).told_state(3, now_), nullptr);
    EXPECT_EQ(counted(2, Counter::DropControlBody), 1U);
}

TEST_F(ChannelFramesTest, WhoseChannelIsGoneIsNoCandidateThoughItsStateIsYoung) {
    const auto id = open_channel();
    const wire::ServerStateBody state{1, {}, {}, {}};
    Bytes body(state.size());
    state.write_to(body);
    say(1, id, frame(ControlKind::ServerState, body));
    EXPECT_NE(at(2).candidate_state(1, now_), nullptr);
    hand(1).close(id, now_);
    run_for(kMillisecond);
    EXPECT_NE(at(2).told_state(1, now_), nullptr);
    EXPECT_EQ(at(2).candidate_state(1, now_), nullptr);
}

TEST_F(ChannelFramesTest, MoreRowsThanAreKeptAreDroppedAndCounted) {
    const auto id = open_channel();
    const std::vector<wire::ListeningSocket> listening(ServerStates::kRowsMax + 5);
    const wire::ServerStateBody state{1, {}, listening, {}};
    Bytes body(state.size());
    state.write_to(body);
    say(1, id, frame(ControlKind::ServerState, body));
    run_for(Duration::milliseconds(100));
    ASSERT_NE(at(2).told_state(1, now_), nullptr);
    EXPECT_EQ(at(2).told_state(1, now_)->listening.size(), ServerStates::kRowsMax);
    EXPECT_EQ(counted(2, Counter::DropServerStateRows), 5U);
}

TEST_F(ChannelFramesTest, WhatBreaksTheFormatClosesTheChannel) {
    for (const char* bytes :
         {"0000000b 01 02 0000 0000000000000001", "01000001 01 02 0000 0000000000000001",
          "0000000c 02 02 0000 0000000000000001", "0000000c 00 02 0000 0000000000000001",
          "0000000c 01 02 0001 0000000000000001"}) {
        const std::uint64_t before = counted(2, Counter::DropControlFormat);
        const auto id = open_channel();
        say(1, id, wire::test::from_hex(bytes));
        EXPECT_TRUE(is_closed(id)) << bytes;
        EXPECT_FALSE(at(2).is_open(1));
        EXPECT_EQ(counted(2, Counter::DropControlFormat), before + 1) << bytes;
    }
}

TEST_F(ChannelFramesTest, WhateverComesInsteadOfTheMembersHelloClosesTheChannel) {
    for (const Bytes& first : {frame(ControlKind::Ping), hello(3), hello(2),
                               frame(ControlKind::Hello), frame(ControlKind::ServerState)}) {
        const std::uint64_t before = counted(2, Counter::DropControlHello);
        const auto id = connect(1, 2);
        say(1, id, first);
        EXPECT_TRUE(is_closed(id));
        EXPECT_EQ(counted(2, Counter::DropControlHello), before + 1);
    }
    EXPECT_FALSE(at(2).is_open(1));
    EXPECT_FALSE(at(2).is_proven(1));
}

TEST_F(ChannelFramesTest, AHelloAloneProvesNothing) {
    const auto id = open_channel();
    EXPECT_FALSE(at(2).is_proven(1));
    say(1, id, frame(ControlKind::Ping));
    EXPECT_TRUE(at(2).is_proven(1));
}

TEST_F(ChannelFramesTest, OfTwoByOneOpenerTheNewerStays) {
    const auto older = open_channel();
    const auto newer = open_channel();
    EXPECT_TRUE(is_closed(older));
    say(1, newer, frame(ControlKind::Ping));
    EXPECT_EQ(heard(1, newer).size(), 1U);
    EXPECT_EQ(counted(2, Counter::PeerRestarted), 0U);
}

TEST_F(ChannelFramesTest, AHelloOfAnEarlierConnectionIsNoRestart) {
    const auto old = connect(1, 2);
    const auto young = open_channel(2);
    say(1, old, hello(1, 1));
    EXPECT_TRUE(is_closed(old));
    EXPECT_FALSE(is_closed(young));
    EXPECT_EQ(counted(2, Counter::PeerRestarted), 0U);
}

TEST_F(ChannelFramesTest, ANewBootNumberReplacesTheChannel) {
    const auto old = open_channel(1);
    const auto young = open_channel(2);
    EXPECT_TRUE(is_closed(old));
    EXPECT_FALSE(is_closed(young));
    EXPECT_EQ(events(2), (std::vector<PeerEvent>{{PeerEvent::Kind::Opened, 1},
                                                 {PeerEvent::Kind::Restarted, 1},
                                                 {PeerEvent::Kind::Opened, 1}}));
}

TEST_F(ChannelFramesTest, SynsOfAMemberAreBounded) {
    for (int i = 0; i < 100; ++i) {
        const auto id = hand(1).open(stack::SocketKind::Tcp);
        hand(1).connect(*id, {config_.server_by_id(2)->control_ip.address, 7007}, now_);
        run_for(Duration::microseconds(300));
        hand(1).abort(*id, now_);
        run_for(Duration::microseconds(300));
    }
    EXPECT_GE(counted(2, Counter::DropControlRate), 80U);
    run_for(Duration::seconds(5));
    open_channel();
}

TEST_F(ChannelFramesTest, WhoDoesNotReadItsAnswersIsNotReadEither) {
    const auto id = open_channel();
    const Bytes unknown = frame(static_cast<ControlKind>(0x77));
    Bytes many;
    for (int i = 0; i < 20'000; ++i)
        many.insert(many.end(), unknown.begin(), unknown.end());
    std::size_t sent = 0;
    for (int i = 0; i < 100; ++i) {  // and nobody reads the hand's socket
        const auto taken = hand(1).send(id, ByteView(many).subspan(sent), now_);
        sent += taken ? *taken : 0;
        run_for(Duration::milliseconds(20));
    }
    EXPECT_EQ(counted(2, Counter::DropControlQueue), 0U);
    EXPECT_LT(counted(2, Counter::DropControlKind), 30'000U);
    heard(1, id);
    run_for(Duration::milliseconds(500));
    EXPECT_TRUE(at(2).is_open(1));
}

TEST_F(ChannelFramesTest, AStrangersPacketsAreNotLookedAt) {
    Packet packet = pool_.take();
    wire::TcpHeader syn{.source_port = 7007, .destination_port = 7007};
    syn.flags.syn = true;
    const auto to = config_.server_by_id(2)->control_ip.address;
    syn.prepend_to(packet, wire::Ipv4Address(10, 8, 0, 77), to);
    wire::Ipv4Header{.source = wire::Ipv4Address(10, 8, 0, 77), .destination = to}.prepend_to(
        packet);
    at(2).handle_packet(*wire::Ipv4View::parse(packet.bytes()), now_);
    EXPECT_EQ(counted(2, Counter::DropControlMember), 1U);
}

}  // namespace
}  // namespace shunt::farm
