// SPDX-License-Identifier: Apache-2.0
// Channels between servers: how they begin, which of two stays, when they are dead (CTL-1 to
// CTL-3, CTL-6, CTL-7; EP-33).
#include "shunt/farm/channel/control_channels.hh"

#include "shunt/farm/channel/channels_fixture.hh"

namespace shunt::farm {
namespace {

using Kind = PeerEvent::Kind;

class ControlChannelsTest : public ChannelsFixture {
  protected:
    /// Servers 1 and 2, their channel open.
    void SetUp() override {
        start(1, 11);
        start(2, 22);
        run_for(Duration::milliseconds(500));
        ASSERT_TRUE(at(1).is_open(2));
        ASSERT_TRUE(at(2).is_open(1));
    }
    static MemberStatus row_of(const ControlChannels& channels, ServerId id) {
        for (const MemberStatus& row : channels.members())
            if (row.id == id) return row;
        return {};
    }
};

TEST_F(ControlChannelsTest, OneChannelPerPairStaysHoweverBothBegin) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        clear();
        start(1, seed);
        start(2, 100 + seed);
        start(3, 200 + seed);
        run_for(Duration::seconds(3));
        for (const ServerId id : {1U, 2U, 3U}) {
            const std::uint64_t living =
                counted(id, Counter::ChannelOpened) - counted(id, Counter::ChannelClosed);
            for (const ServerId other : {1U, 2U, 3U})
                EXPECT_TRUE(id == other || at(id).is_open(other)) << id << other << seed;
            EXPECT_LE(living, 2U) << "seed " << seed;
        }
        run_for(Duration::seconds(5));
        EXPECT_EQ(counted(1, Counter::PeerDead), 0U);
    }
}

TEST_F(ControlChannelsTest, BothLearnTheBootNumberAndProveThemselves) {
    EXPECT_EQ(row_of(at(1), 2).boot, at(2).boot());
    EXPECT_EQ(row_of(at(2), 1).boot, at(1).boot());
    EXPECT_TRUE(at(1).is_proven(2));
    EXPECT_TRUE(at(2).is_proven(1));
    EXPECT_FALSE(at(1).is_proven(3));
    EXPECT_EQ(row_of(at(1), 1).link, MemberStatus::Link::Self);
    EXPECT_EQ(row_of(at(1), 3).link, MemberStatus::Link::Connecting);
}

TEST_F(ControlChannelsTest, APeerThatIsCutOffIsDeadAfterSixSecondsAndNotBefore) {
    const Instant cut = now_;
    passes_ = [](ServerId, ServerId) { return false; };
    run_until(cut + Duration::milliseconds(4'900));
    EXPECT_FALSE(at(1).is_open(2)) << "CTL-3";
    EXPECT_EQ(count(1, Kind::Dead), 0U);
    run_until(cut + Duration::milliseconds(6'100));
    EXPECT_EQ(count(1, Kind::Dead), 1U);
    EXPECT_EQ(row_of(at(1), 2).link, MemberStatus::Link::Dead);
}

TEST_F(ControlChannelsTest, TheOwnerStopsBeforeTheHomeTakesItForDead) {
    passes_ = [](ServerId, ServerId) { return false; };
    while (count(1, Kind::Dead) == 0) {
        ASSERT_LT(now_, Instant() + Duration::seconds(20));
        run_for(kMillisecond);
        if (count(1, Kind::Dead) > 0) {
            EXPECT_EQ(count(2, Kind::CutOff), 1U);
        }
    }
}

TEST_F(ControlChannelsTest, ACutInEitherDirectionAloneStopsTheOwnerFirst) {
    for (const ServerId deaf : {1U, 2U}) {
        passes_ = [deaf](ServerId, ServerId to) { return to != deaf; };
        const std::size_t dead_before = count(1, Kind::Dead);
        for (int i = 0; i < 8'000 && count(1, Kind::Dead) == dead_before; ++i) {
            run_for(kMillisecond);
            if (count(1, Kind::Dead) > dead_before) {
                EXPECT_GT(count(2, Kind::CutOff), count(2, Kind::Back));
            }
        }
        passes_ = [](ServerId, ServerId) { return true; };
        run_for(Duration::seconds(8));
        EXPECT_TRUE(at(1).is_open(2));
        EXPECT_EQ(count(2, Kind::CutOff), count(2, Kind::Back));
    }
}

TEST_F(ControlChannelsTest, AShortCutEndsTheChannelAndNothingElse) {
    passes_ = [](ServerId, ServerId) { return false; };
    run_for(Duration::milliseconds(3'500));
    EXPECT_FALSE(at(1).is_open(2));
    passes_ = [](ServerId, ServerId) { return true; };
    run_for(Duration::milliseconds(2'000));
    EXPECT_TRUE(at(1).is_open(2));
    EXPECT_EQ(events(1),
              (std::vector<PeerEvent>{{Kind::Opened, 2}, {Kind::Proven, 2}, {Kind::Opened, 2}}));
}

/// Pings go each second: what is left of the 6 s of EP-33 is enough to meet again.
TEST_F(ControlChannelsTest, ACutOfFourAndAHalfSecondsKillsNobody) {
    for (int round = 0; round < 50; ++round) {
        passes_ = [](ServerId, ServerId) { return false; };
        run_for(Duration::milliseconds(4'500));
        passes_ = [](ServerId, ServerId) { return true; };
        run_for(Duration::milliseconds(2'000 + round * 17));
        ASSERT_TRUE(at(1).is_open(2));
    }
    EXPECT_EQ(count(1, Kind::Dead), 0U);
    EXPECT_EQ(count(2, Kind::CutOff), count(2, Kind::Back));
}

TEST_F(ControlChannelsTest, AHomeThatSleptTakesNobodyForDead) {
    pause(1);
    run_for(Duration::seconds(30));
    EXPECT_EQ(count(2, Kind::CutOff), 1U);
    resume(1);
    run_for(Duration::seconds(3));
    EXPECT_EQ(count(1, Kind::Dead), 0U);
    EXPECT_TRUE(at(1).is_open(2));
    EXPECT_EQ(count(2, Kind::Back), 1U);
}

TEST_F(ControlChannelsTest, AnOwnerThatSleptStopsBeforeItDoesAnythingElse) {
    pause(2);
    run_for(Duration::seconds(30));
    EXPECT_EQ(count(1, Kind::Dead), 1U);
    now_ = now_ + kMillisecond;
    at(2).expire_owners(now_);
    const auto event = at(2).poll_event();
    ASSERT_TRUE(event);
    EXPECT_EQ(*event, (PeerEvent{Kind::CutOff, 1}));
}

TEST_F(ControlChannelsTest, ARestartIsToldOnceAndTheOldChannelGoes) {
    start(2, 77);
    run_for(Duration::seconds(2));
    EXPECT_EQ(events(1),
              (std::vector<PeerEvent>{
                  {Kind::Opened, 2}, {Kind::Proven, 2}, {Kind::Restarted, 2}, {Kind::Opened, 2}}));
    EXPECT_EQ(row_of(at(1), 2).boot, at(2).boot());
    EXPECT_TRUE(at(1).is_open(2));
    EXPECT_EQ(events(2), (std::vector<PeerEvent>{{Kind::Opened, 1}, {Kind::Proven, 1}}))
        << "who starts knows of no earlier boot number";
}

TEST_F(ControlChannelsTest, ARequestIsAnsweredOrFailsWithItsChannel) {
    const Duration patience = Duration::seconds(10);
    const auto first = at(1).request(2, wire::ControlKind::Blob, {}, patience, now_);
    ASSERT_TRUE(first);
    run_for(kMillisecond);
    const auto answered = at(1).poll_outcome(Subject::Moves);
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->transaction, *first);
    EXPECT_EQ(answered->kind, TransactionOutcome::Kind::Answered);
    EXPECT_EQ(answered->answer, wire::ControlKind::Error);
    const auto error = wire::ErrorBody::parse(answered->body);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, static_cast<std::uint16_t>(wire::ControlError::NotReady));
    EXPECT_EQ(counted(2, Counter::DropControlUnready), 1U);

    passes_ = [](ServerId, ServerId) { return false; };
    const auto second = at(1).request(2, wire::ControlKind::Blob, {}, patience, now_);
    const auto third = at(1).request(2, wire::ControlKind::Blob, {}, Duration::seconds(1), now_);
    ASSERT_TRUE(second && third);
    run_for(Duration::seconds(4));
    const auto late = at(1).poll_outcome(Subject::Moves);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->transaction, *third);
    EXPECT_EQ(late->kind, TransactionOutcome::Kind::TimedOut);
    const auto lost = at(1).poll_outcome(Subject::Moves);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->transaction, *second);
    EXPECT_EQ(lost->kind, TransactionOutcome::Kind::ChannelLost) << "CTL-6";
    EXPECT_FALSE(at(1).poll_outcome(Subject::Moves));
    EXPECT_FALSE(at(1).request(2, wire::ControlKind::Blob, {}, patience, now_));
}

TEST_F(ControlChannelsTest, AStateIsToldAndExpiresAfterThreePeriods) {
    ServerState state;
    state.load.connections = 5;
    state.listening.push_back({wire::Ipv4Address(10, 7, 1, 2), 80, 1});
    at(2).tell_state(state, now_);
    run_for(kMillisecond);
    ASSERT_NE(at(1).told_state(2, now_), nullptr);
    EXPECT_EQ(*at(1).told_state(2, now_), state);
    run_for(Duration::milliseconds(2'990));
    EXPECT_NE(at(1).candidate_state(2, now_), nullptr);
    run_for(Duration::milliseconds(20));
    EXPECT_EQ(at(1).told_state(2, now_), nullptr);
}

}  // namespace
}  // namespace shunt::farm
