// SPDX-License-Identifier: Apache-2.0
// A server that parts with its connections: all in a drain, some in an overload (EP-43).
#include <set>
#include <string>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/reject.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class Drain : public FarmFixture {
  protected:
    static constexpr Duration kSecond = Duration::seconds(1);

    void SetUp() override {
        build(true, 3);
        run_for(kSecond);
    }
    Node& s3() { return *nodes_[2]; }

    /// Idle connections of s1's service, wherever they are served; the client goes on with the
    /// last.
    void open(int count) {
        for (int i = 0; i < count; ++i) {
            handshake(port_++);
            request("/bytes/10");
            run_for(kMillisecond * 300);
            ASSERT_TRUE(ends_with_content(10));
        }
        seen_.clear();
    }
    /// An idle connection of s1's that is served by s2.
    void open_at_s2() {
        handshake(port_++);
        request("/s2/bytes/10");
        run_for(kMillisecond * 300);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
        seen_.clear();
    }
    std::string server_of_last() {
        received_.clear();
        request("/bytes/33");
        run_for(kMillisecond * 500);
        if (!ends_with_content(33)) return "nobody";
        const std::size_t at = received_.find("Server: shunt/");
        return received_.substr(at + 14, 2);
    }
    std::set<std::uint16_t> offered() const {
        std::set<std::uint16_t> ports;
        for (const SeenFrame& frame : seen(EncapsulationType::Connection))
            ports.insert(frame.encapsulation()->source_port);
        return ports;
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }
    void lose(EncapsulationType type) {
        loses_ = [type](const SeenFrame& frame) { return frame.is(type); };
    }
    void lose_nothing() {
        loses_ = [](const SeenFrame&) { return false; };
    }

    std::uint16_t port_ = 4'711;
};

TEST_F(Drain, EveryConnectionLeavesAndIsServedElsewhere) {
    open(5);
    ASSERT_EQ(in(s1(), Table::Local), 5U);
    EXPECT_FALSE(s1().drain_report().is_draining);
    s1().start_drain();
    EXPECT_EQ(s1().drain_report().left, 5U);
    run_for(kMillisecond * 10);
    const DrainReport report = s1().drain_report();
    EXPECT_TRUE(report.is_draining);
    EXPECT_EQ(report.left, 0U);
    EXPECT_EQ(report.moved, 5U);
    EXPECT_EQ(report.forwarding, 5U) << "the home goes on forwarding";
    EXPECT_EQ(in(s1(), Table::Forward), 5U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 3U) << "spread over both";
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 2U);
    EXPECT_NE(server_of_last(), "s1");
    EXPECT_EQ(count(s1(), Counter::ShedMoved), 5U);
}

TEST_F(Drain, NoMoreThanSoManyAreUnderWayAtOnce) {
    config_.drain.moves_at_once = 2;
    open(5);
    lose(EncapsulationType::Acknowledgement);
    s1().start_drain();
    run_for(kMillisecond * 40);
    EXPECT_EQ(offered().size(), 2U);
    EXPECT_EQ(s1().drain_report().moving, 2U);
    EXPECT_EQ(s1().drain_report().left, 5U);
    lose_nothing();
    run_for(kSecond);
    EXPECT_EQ(s1().drain_report().left, 0U);
}

TEST_F(Drain, ADrainingServerTellsNoListeningSocketsAndTakesNoOffers) {
    open(1);
    s2().start_drain();
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_))
        << "the operator's word is asked for, not his sense";
    run_for(kMillisecond * 10);
    const auto rejects = seen(EncapsulationType::Reject);
    ASSERT_EQ(rejects.size(), 1U);
    EXPECT_EQ(rejects[0].bytes.back(), static_cast<std::uint8_t>(wire::RejectReason::Draining));
    EXPECT_EQ(count(s2(), Counter::OfferDraining), 1U);
    EXPECT_EQ(in(s1(), Table::Local), 1U) << "EP-44";
    run_for(kMillisecond * 200);
    const auto rows = s1().server_states(now_);
    EXPECT_EQ(rows.at(0).state.listening.size(), 1U);
    EXPECT_TRUE(rows.at(1).state.listening.empty()) << "told on change (SEL-6)";
    s2().stop_drain();
    run_for(kMillisecond * 200);
    EXPECT_EQ(s1().server_states(now_).at(1).state.listening.size(), 1U);
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(kMillisecond * 10);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_F(Drain, WhatOneRefusesAnotherGets) {
    open(4);
    s2().start_drain();  // before it has told: s1 still takes it for a candidate
    s1().start_drain();
    run_for(kMillisecond * 10);
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 4U);
    EXPECT_EQ(s1().drain_report().left, 0U);
    EXPECT_EQ(s1().drain_report().refused, 2U) << "of four two had gone to s3 at once";
    EXPECT_EQ(count(s1(), Counter::ShedStayed), 2U);
    EXPECT_EQ(server_of_last(), "s3");
}

TEST_F(Drain, WhatNobodyAnswersForIsServedAndGoesElsewhere) {
    open(1);
    const auto s2_mac = config_.servers[1].back_mac;
    loses_ = [s2_mac](const SeenFrame& frame) {
        return frame.encapsulation() && frame.ethernet().destination() == s2_mac;
    };
    s1().start_drain();
    run_for(kMillisecond * 749);
    EXPECT_EQ(s1().drain_report().moving, 1U);
    run_for(kMillisecond * 20);
    EXPECT_EQ(s1().drain_report().refused, 1U) << "EP-6";
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 1U);
    EXPECT_EQ(server_of_last(), "s3");
}

TEST_F(Drain, WhatCanGoNowhereIsServedAndTriedAgain) {
    open(2);
    s2().start_drain();
    s3().start_drain();
    run_for(kMillisecond * 200);
    s1().start_drain();
    run_for(kMillisecond * 10);
    DrainReport report = s1().drain_report();
    EXPECT_EQ(report.left, 2U);
    EXPECT_EQ(report.staying, 2U);
    ASSERT_EQ(report.rows.size(), 2U);
    EXPECT_EQ(report.rows[0].connection, "10.7.0.9:4711>10.7.1.1:80/tcp");
    EXPECT_NE(report.rows[0].reason.find("no other server"), std::string::npos);
    EXPECT_EQ(server_of_last(), "s1");
    s3().stop_drain();
    run_for(kMillisecond * 1'500);
    report = s1().drain_report();
    EXPECT_EQ(report.left, 0U);
    EXPECT_TRUE(report.rows.empty());
    EXPECT_EQ(server_of_last(), "s3");
}

TEST_F(Drain, ANewConnectionIsGivenToAnother) {
    s1().start_drain();
    open(1);
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(s1().drain_report().moved, 0U) << "it was selected for at its start";
}

TEST_F(Drain, ANewConnectionThatNobodyElseTakesIsServedHere) {
    for (const auto& node : nodes_)
        node->start_drain();
    run_for(kMillisecond * 200);
    open(1);
    EXPECT_EQ(in(s1(), Table::Local), 1U) << "SEL-4";
    EXPECT_EQ(server_of_last(), "s1");
}

TEST_F(Drain, NoUrlLeadsToAServerThatIsDraining) {
    s2().start_drain();
    run_for(kMillisecond * 200);
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 300);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(in(s1(), Table::Local), 1U);
}

TEST_F(Drain, WhatHasMovedInGoesBackToItsHome) {
    open_at_s2();
    s2().start_drain();
    run_for(kMillisecond * 10);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-47";
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_EQ(s2().drain_report().moved, 1U);
    EXPECT_EQ(s2().drain_report().left, 0U);
    EXPECT_EQ(server_of_last(), "s1");
}

TEST_F(Drain, WhatComesBackToAHomeThatIsDrainingGoesOn) {
    open_at_s2();
    s1().start_drain();
    s2().start_drain();
    run_for(kSecond);
    EXPECT_EQ(in(s1(), Table::Local), 0U) << "EP-45: selected for again";
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 1U);
    EXPECT_EQ(server_of_last(), "s3");
}

TEST_F(Drain, WhatHasMovedInStaysWhileItsHomeIsAway) {
    open_at_s2();
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    run_for(Duration::milliseconds(3'500));  // the state of s1 is older than three periods
    s2().start_drain();
    run_for(kMillisecond * 100);
    const DrainReport report = s2().drain_report();
    EXPECT_EQ(report.left, 1U);
    ASSERT_EQ(report.rows.size(), 1U);
    EXPECT_NE(report.rows[0].reason.find("home"), std::string::npos);
    EXPECT_EQ(count(s2(), Counter::ReturnStarted), 0U) << "nobody would answer (EP-46)";
}

TEST_F(Drain, AReturnThatIsRefusedIsNotRepeatedAtOnce) {
    config_.limits.local_entries = 1;
    start_nodes();
    run_for(kSecond);
    open_at_s2();
    open(1);
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    s2().start_drain();
    run_for(kMillisecond * 500);
    EXPECT_EQ(count(s2(), Counter::ReturnRejected), 1U);
    EXPECT_EQ(s2().drain_report().staying, 1U);
    EXPECT_NE(s2().drain_report().rows.at(0).reason.find("full"), std::string::npos);
    run_for(kMillisecond * 1'000);
    EXPECT_EQ(count(s2(), Counter::ReturnRejected), 2U) << "drain.retry_ms";
}

TEST_F(Drain, ReturnsToAHomeThatIsSilentLeaveTheirPlacesToOthers) {
    config_.drain.moves_at_once = 1;
    start_nodes();
    run_for(kSecond);
    open_at_s2();
    home_ = 1;
    open(1);
    ASSERT_EQ(in(s2(), Table::Local), 1U) << "of s2's own";
    const wire::MacAddress lost = config_.servers[0].back_mac;
    loses_ = [lost](const SeenFrame& frame) {
        const wire::EthernetView ethernet = frame.ethernet();
        return frame.link == link::LinkId::Back &&
               (ethernet.source() == lost || ethernet.destination() == lost);
    };
    s2().start_drain();
    run_for(kSecond * 4);
    EXPECT_EQ(s2().drain_report().moving, 1U);
    EXPECT_EQ(s2().drain_report().left, 2U) << "the other one has to wait";
    run_for(kSecond * 3);
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 1U) << "it goes when nothing is heard of s1";
    const DrainReport report = s2().drain_report();
    EXPECT_EQ(report.moving, 0U);
    EXPECT_EQ(report.left, 1U);
    ASSERT_EQ(report.rows.size(), 1U);
    EXPECT_NE(report.rows[0].reason.find("offered back"), std::string::npos);
    lose_nothing();
    run_for(kSecond * 60);
    EXPECT_EQ(s2().drain_report().left, 0U) << "its home has forgotten it (EP-46)";
}

TEST_F(Drain, WhatIsOverEndsWhereItIs) {
    open(1);
    say("GET /bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    run_for(kMillisecond * 100);
    client_->close();
    run_for(kMillisecond * 100);
    ASSERT_EQ(in(s1(), Table::Local), 1U) << "TIME-WAIT";
    s1().start_drain();
    run_for(kMillisecond * 100);
    EXPECT_EQ(s1().drain_report().left, 0U) << "TCP-15";
    EXPECT_EQ(s1().drain_report().ending, 1U);
    EXPECT_TRUE(offered().empty());
}

TEST_F(Drain, OnceStoppedNothingMoreMoves) {
    config_.drain.moves_at_once = 1;
    open(3);
    lose(EncapsulationType::Acknowledgement);
    s1().start_drain();
    run_for(kMillisecond * 10);
    s1().stop_drain();
    lose_nothing();
    run_for(kSecond * 3);
    EXPECT_EQ(s1().drain_report().left, 2U) << "what was under way has gone";
    EXPECT_FALSE(s1().drain_report().is_draining);
    open(1);
    EXPECT_EQ(server_of_last(), "s1");
}

TEST_F(Drain, ThoseThatComeMeanwhileLeaveToo) {
    for (const auto& node : nodes_)
        node->start_drain();
    run_for(kMillisecond * 200);
    open(3);
    ASSERT_EQ(in(s1(), Table::Local), 3U);
    s2().stop_drain();
    run_for(kSecond * 2);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 3U);
}

TEST_F(Drain, ConnectionsThatEndMeanwhileAreForgotten) {
    s2().start_drain();
    s3().start_drain();
    run_for(kMillisecond * 200);
    open(2);
    s1().start_drain();
    run_for(kMillisecond * 100);
    ASSERT_EQ(s1().drain_report().staying, 2U);
    client_->abort();
    run_for(kMillisecond * 100);
    EXPECT_EQ(s1().drain_report().staying, 1U);
    EXPECT_EQ(s1().drain_report().left, 1U);
    s3().stop_drain();
    run_for(kSecond * 2);
    EXPECT_EQ(s1().drain_report().left, 0U);
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 1U);
}

class DrainBase : public FarmFixture {};

TEST_F(DrainBase, WithoutExtensionsNothingInUseMovesAndOffersFindSilence) {
    build(false);
    handshake();
    request("/bytes/10");
    run_for(kMillisecond * 300);
    s1().start_drain();
    run_for(Duration::seconds(2));
    EXPECT_EQ(s1().drain_report().left, 1U);
    EXPECT_NE(s1().drain_report().rows.at(0).reason.find("extensions"), std::string::npos);
    s1().stop_drain();
    s2().start_drain();
    handshake(4'712);
    request("/s2/bytes/20");
    run_for(Duration::seconds(2));
    EXPECT_TRUE(ends_with_content(20));
    EXPECT_TRUE(seen(EncapsulationType::Acknowledgement).empty());
    EXPECT_EQ(in(s1(), Table::Local), 2U);
}

class Overload : public Drain {
  protected:
    void SetUp() override {
        build(true, 3);
        config_.overload.connections = 6;
        config_.overload.relief_percent = 34;  // down to 4
        start_nodes();
        run_for(kSecond);
    }
};

TEST_F(Overload, WhatIsTooMuchLeavesAndNoMore) {
    open(7);
    ASSERT_EQ(in(s1(), Table::Local), 7U);
    run_for(kSecond * 10);
    EXPECT_EQ(in(s1(), Table::Local), 4U);
    EXPECT_EQ(in(s1(), Table::Forward), 3U);
    EXPECT_EQ(count(s1(), Counter::OverloadRelieved), 1U);
    EXPECT_EQ(s1().server_states(now_).at(0).state.listening.size(), 1U) << "it goes on serving";
    open(2);
    run_for(kSecond * 10);
    EXPECT_EQ(in(s1(), Table::Local), 6U) << "at the mark nothing moves";
}

TEST_F(Overload, WhatIsShortMovesNothing) {
    open(7);
    client_->abort();
    run_for(kSecond * 10);
    EXPECT_EQ(in(s1(), Table::Local), 6U);
    EXPECT_EQ(count(s1(), Counter::OverloadRelieved), 0U) << "overload.after_ms";
}

TEST_F(Overload, NothingGoesWhereItWouldBeTooMuchToo) {
    config_.overload.connections = 1;
    config_.overload.relief_percent = 0;
    config_.overload.after = kSecond * 30;
    start_nodes();
    run_for(kSecond);
    open(7);
    ASSERT_EQ(in(s1(), Table::Local), 7U);
    run_for(kSecond * 60);
    EXPECT_EQ(in(s1(), Table::Local), 5U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 1U);
    run_for(kSecond * 60);
    EXPECT_EQ(in(s1(), Table::Local), 5U) << "and nothing comes back";
}

TEST_F(Overload, ABusyProcessorPartsWithItsShareWhereOthersAreLessBusy) {
    config_.overload = {};
    config_.overload.cpu_per_mille = 800;
    start_nodes();
    run_for(kSecond);
    open(10);
    farm::LocalLoad busy;
    busy.cpu_per_mille = 960;
    s1().set_load(busy);
    s2().set_load(busy);
    run_for(Duration::milliseconds(4'500));
    EXPECT_EQ(in(s1(), Table::Local), 8U) << "960 down to 720 is a quarter: two of ten, whole ones";
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(in(s3(), Table::ForwardConnect), 2U);
}

TEST_F(Overload, AFarmThatIsAllTooBusyStaysAsItIs) {
    config_.overload.cpu_per_mille = 500;
    start_nodes();
    run_for(kSecond);
    farm::LocalLoad busy;
    busy.cpu_per_mille = 900;
    for (const auto& node : nodes_)
        node->set_load(busy);
    run_for(kMillisecond * 200);  // until all have told it
    open(6);
    run_for(kSecond * 20);
    EXPECT_EQ(in(s1(), Table::Local), 6U);
    EXPECT_EQ(count(s1(), Counter::MoveStarted), 0U);
}

}  // namespace
}  // namespace shunt::node
