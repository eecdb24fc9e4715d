// SPDX-License-Identifier: Apache-2.0
// Connections that have moved, when the channel between home and owner is lost or one of the two
// starts anew (EP-33, CTL-7), and where new ones go by state (SEL-3, SEL-6).
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/node/farm_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class ControlChannel : public FarmFixture {
  protected:
    static constexpr Duration kSecond = Duration::seconds(1);

    void SetUp() override {
        build(true);
        run_for(kSecond);
        ASSERT_EQ(channel_of(s1(), "s2"), "open");
        ASSERT_EQ(channel_of(s2(), "s1"), "open");
    }
    static std::string channel_of(const Node& node, std::string_view name) {
        for (const MemberRow& row : node.members())
            if (row.name == name) return row.channel;
        return "";
    }
    /// The client's connection is served by s2.
    void move() {
        handshake();
        request("/s2/bytes/10");
        run_for(Duration::milliseconds(200));
        ASSERT_TRUE(ends_with_content(10));
        ASSERT_EQ(in(s1(), Table::Forward), 1U);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
        received_.clear();
    }
    void cut_back_link() {
        loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    }
    void join_back_link() {
        loses_ = [](const SeenFrame&) { return false; };
    }
    void restart(farm::ServerId id) {
        nodes_[id - 1] = std::make_unique<Node>(config_, id, contents_, 900 + id, now_, mtus_);
    }
    std::size_t frames_to_client_since(std::size_t first, std::size_t server) const {
        const auto from = config_.servers[server].front_mac;
        return static_cast<std::size_t>(std::count_if(
            seen_.begin() + static_cast<std::ptrdiff_t>(first), seen_.end(),
            [&](const SeenFrame& frame) {
                return frame.link == link::LinkId::Front && frame.ethernet().source() == from &&
                       frame.ethernet().type() == wire::kEtherTypeIpv4;
            }));
    }
    std::string state_of_moved_in() { return s2().tables().forward_connect.at(0).state; }
};

TEST_F(ControlChannel, AnOwnerThatIsCutOffStopsAndGoesOnAtAGo) {
    move();
    cut_back_link();
    run_for(Duration::milliseconds(5'100));
    EXPECT_EQ(state_of_moved_in(), "suspended");
    EXPECT_EQ(s2().counters().value(Counter::CopySuspended), 1U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U) << "the home waits longer";
    const std::size_t acknowledgements = seen(EncapsulationType::Acknowledgement).size();
    join_back_link();
    run_for(Duration::milliseconds(900));
    // Back within the home's 6 s only if a new channel came soon enough; else it was taken for
    // dead.
    if (in(s1(), Table::Forward) == 1) {
        EXPECT_GT(seen(EncapsulationType::Acknowledgement).size(), acknowledgements);
        run_for(kSecond * 6);
        EXPECT_EQ(state_of_moved_in(), "ESTABLISHED");
        request("/s2/bytes/20");
        run_for(kSecond * 3);
        EXPECT_TRUE(ends_with_content(20));
    }
}

TEST_F(ControlChannel, WhatComesWhileItIsSuspendedIsHeld) {
    move();
    // The way home is lost alone: no ping of the owner arrives, packets for it still do.
    loses_ = [this](const SeenFrame& frame) {
        return frame.link == link::LinkId::Back &&
               frame.ethernet().source() == config_.servers[1].back_mac;
    };
    run_for(Duration::milliseconds(5'200));
    ASSERT_EQ(state_of_moved_in(), "suspended");
    const std::size_t before = seen_.size();
    request("/s2/bytes/30");
    run_for(Duration::milliseconds(300));
    EXPECT_EQ(frames_to_client_since(before, 1), 0U) << "neither an answer nor an acknowledgment";
    EXPECT_TRUE(received_.empty());
}

TEST_F(ControlChannel, AGoOfBeforeTheCutReleasesNobody) {
    move();
    const auto goes = seen(EncapsulationType::Go);
    ASSERT_FALSE(goes.empty());
    cut_back_link();
    run_for(Duration::milliseconds(5'200));
    ASSERT_EQ(state_of_moved_in(), "suspended");
    s2().handle_frame(link::LinkId::Back, pool_.copy(goes.front().bytes), now_);
    EXPECT_EQ(state_of_moved_in(), "suspended");
    EXPECT_EQ(s2().counters().value(Counter::DropFrameCutOff), 1U);
}

TEST_F(ControlChannel, WhileItIsCutOffNothingIsReleased) {
    // Of what the home says only offers arrive: neither answers to pings nor releases.
    loses_ = [this](const SeenFrame& frame) {
        return frame.link == link::LinkId::Back && !frame.is(EncapsulationType::Connection) &&
               frame.ethernet().source() == config_.servers[0].back_mac;
    };
    run_for(kSecond);
    handshake();
    request("/s2/bytes/10");
    run_for(Duration::milliseconds(4'200));
    ASSERT_EQ(state_of_moved_in(), "unreleased");
    ASSERT_EQ(s2().counters().value(Counter::OwnerCutOff), 1U);
    const std::uint64_t dropped = s2().counters().value(Counter::DropFrameCutOff);
    loses_ = [](const SeenFrame& frame) {
        return frame.link == link::LinkId::Back && !frame.encapsulation();
    };
    run_for(Duration::milliseconds(600));
    EXPECT_GT(s2().counters().value(Counter::DropFrameCutOff), dropped);
    EXPECT_EQ(state_of_moved_in(), "unreleased");
    EXPECT_TRUE(received_.empty());
}

TEST_F(ControlChannel, ADeadOwnersConnectionIsResetAtItsNextPacket) {
    move();
    cut_back_link();
    run_for(Duration::milliseconds(6'500));
    EXPECT_EQ(channel_of(s1(), "s2"), "dead");
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    EXPECT_EQ(s1().counters().value(Counter::ForwardAbandoned), 1U);
    EXPECT_FALSE(client_->is_closed()) << "the home says nothing by itself";
    request("/s2/bytes/20");
    run_for(kSecond);
    EXPECT_TRUE(client_->is_closed());
    // And the owner hears that nobody wants its endpoint.
    join_back_link();
    run_for(kSecond * 8);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(s2().counters().value(Counter::CopyUnwanted), 1U);
}

TEST_F(ControlChannel, ARestartedOwnersConnectionIsResetAtItsNextPacket) {
    move();
    restart(2);
    run_for(kSecond * 2);
    EXPECT_EQ(s1().counters().value(Counter::PeerRestarted), 1U);
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    request("/s2/bytes/20");
    run_for(kSecond);
    EXPECT_TRUE(client_->is_closed());
}

TEST_F(ControlChannel, ARestartedHomesEndpointsGoSilently) {
    move();
    const std::size_t before = seen_.size();
    restart(1);
    run_for(kSecond * 2);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(s2().counters().value(Counter::CopyOrphaned), 1U);
    EXPECT_EQ(frames_to_client_since(before, 1), 0U);
}

TEST_F(ControlChannel, WhatWasOnItsWayInFromARestartedHomeIsForgotten) {
    handshake();
    say("GET /by");
    run_for(Duration::milliseconds(200));
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Data); };
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(Duration::milliseconds(10));
    ASSERT_FALSE(seen(EncapsulationType::Data).empty()) << "queue 6, the request's first bytes";
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 0U);
    restart(1);
    run_for(kSecond);
    EXPECT_EQ(s2().counters().value(Counter::CopyOrphaned), 1U) << "CTL-7";
}

TEST_F(ControlChannel, UntilItIsKnownThatAPeerKnowsOurBootNothingPasses) {
    move();
    const auto offers = seen(EncapsulationType::Connection);
    restart(2);
    s2().handle_frame(link::LinkId::Back, pool_.copy(offers.front().bytes), now_);
    EXPECT_EQ(s2().counters().value(Counter::DropEncapsulationFenced), 1U) << "EP-33";
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    run_for(kSecond);
    s2().handle_frame(link::LinkId::Back, pool_.copy(offers.front().bytes), now_);
    EXPECT_EQ(s2().counters().value(Counter::DropEncapsulationFenced), 1U);
}

TEST_F(ControlChannel, NothingIsOfferedToWhoDoesNotAnswer) {
    cut_back_link();
    run_for(kSecond * 4);
    handshake();
    request("/s2/bytes/10");
    run_for(Duration::milliseconds(200));
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(s1().counters().value(Counter::MoveStarted), 0U) << "SEL-3";
}

TEST_F(ControlChannel, AShortCutIsNotNoticedByTheClient) {
    move();
    cut_back_link();
    run_for(Duration::milliseconds(3'050));  // the channel is lost, a new one comes soon enough
    join_back_link();
    run_for(kSecond * 2);
    EXPECT_EQ(s2().counters().value(Counter::CopySuspended), 0U);
    request("/s2/bytes/20");
    run_for(kSecond * 2);
    EXPECT_TRUE(ends_with_content(20));
}

TEST_F(ControlChannel, AHomeThatSleptKeepsItsRecords) {
    move();
    cut_back_link();
    now_ = now_ + kSecond * 100;  // nobody is woken
    join_back_link();
    s1().handle_deadline(now_);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

TEST_F(ControlChannel, AnOwnerThatSleptSendsNothingFirst) {
    move();
    request("/s2/bytes/100000");
    exchange();
    now_ = now_ + kSecond * 100;
    const auto first = s2().poll_transmit(now_);
    EXPECT_TRUE(!first || first->link == link::LinkId::Back);
    EXPECT_EQ(state_of_moved_in(), "suspended");
}

TEST_F(ControlChannel, StrangersAreNotHeardAtTheControlPort) {
    const std::uint64_t before = s1().counters().value(Counter::DropControlMember);
    const auto syn = std::find_if(seen_.begin(), seen_.end(), [&](const SeenFrame& frame) {
        return frame.link == link::LinkId::Back &&
               frame.ethernet().destination() == config_.servers[0].back_mac;
    });
    ASSERT_NE(syn, seen_.end());
    Packet copy = pool_.copy(syn->bytes);
    copy.mutable_bytes()[11] = 0x77;  // the source MAC's last byte
    s1().handle_frame(link::LinkId::Back, std::move(copy), now_);
    EXPECT_EQ(s1().counters().value(Counter::DropControlMember), before + 1) << "SEC-1";
}

TEST_F(ControlChannel, AMuchLessLoadedServerGetsTheConnection) {
    farm::LocalLoad busy;
    busy.cpu_per_mille = 900;
    busy.unused_memory_bytes = 0;
    busy.unused_bandwidth_bps = 0;
    s1().set_load(busy);
    handshake();
    request("/bytes/10");  // no rule names a server
    run_for(Duration::milliseconds(200));
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U) << "SEL-3";
}

TEST_F(ControlChannel, WhoseStateIsOldGetsNothing) {
    farm::LocalLoad busy;
    busy.cpu_per_mille = 1'000;
    busy.unused_memory_bytes = 0;
    s1().set_load(busy);
    cut_back_link();
    run_for(kSecond * 4);
    handshake();
    request("/bytes/10");
    run_for(Duration::milliseconds(200));
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_EQ(s1().counters().value(Counter::MoveStarted), 0U);
}

TEST_F(ControlChannel, StatesOfAllServersAreShown) {
    farm::LocalLoad load;
    load.cpu_per_mille = 77;
    load.process = 4'242;
    load.applications.push_back({4'242, 1 << 20, 77});
    s2().set_load(load);
    run_for(Duration::milliseconds(150));
    const auto rows = s1().server_states(now_);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].server, "s2");
    EXPECT_EQ(rows[1].state.load.cpu_per_mille, 77U) << "told on change (SEL-6)";
    ASSERT_EQ(rows[1].state.listening.size(), 1U);
    EXPECT_EQ(rows[1].state.listening[0].address, config_.servers[1].services[0]);
    EXPECT_EQ(rows[1].state.listening[0].process, 4'242U);
    EXPECT_EQ(rows[1].state.applications, load.applications);
    cut_back_link();
    run_for(kSecond * 3 + Duration::milliseconds(1));
    EXPECT_EQ(s1().server_states(now_).size(), 1U) << "expired";
}

TEST_F(ControlChannel, ChangesAreToldTenTimesASecondAtMost) {
    const auto count_states = [&](std::size_t first) {
        std::size_t frames = 0;
        for (std::size_t i = first; i < seen_.size(); ++i) {
            const auto ethernet = seen_[i].ethernet();
            frames +=
                ethernet.source() == config_.servers[1].back_mac && ethernet.payload().size() > 90
                    ? 1U
                    : 0U;
        }
        return frames;
    };
    const std::size_t first = seen_.size();
    farm::LocalLoad load;
    for (int i = 0; i < 100; ++i) {
        ++load.cpu_per_mille;
        s2().set_load(load);
        run_for(Duration::milliseconds(10));
    }
    EXPECT_GE(count_states(first), 8U);
    EXPECT_LE(count_states(first), 11U);
}

TEST(ControlChannelBase, AFarmWithoutExtensionsHasNone) {
    farm::FarmConfig config = farm::standard_plan(2);
    NoContents contents;
    Node node(config, 1, contents, 1, Instant());
    EXPECT_FALSE(node.poll_transmit(Instant()));
    EXPECT_FALSE(node.poll_deadline());
    EXPECT_EQ(node.members().at(1).channel, "none");
}

}  // namespace
}  // namespace shunt::node
