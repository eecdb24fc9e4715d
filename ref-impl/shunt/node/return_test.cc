// SPDX-License-Identifier: Apache-2.0
// Endpoints that go back to their home, and on from there (EP-27, EP-45 to EP-47).
#include <string>

#include "shunt/node/farm_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class Return : public FarmFixture {
  protected:
    void SetUp() override { build(true); }

    /// An object of /s2/ is served by s2, which owns the connection from then on.
    void arrive_at_s2() {
        handshake();
        request("/s2/bytes/10");
        run_for(kMillisecond * 10);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
        seen_.clear();
    }
    void go_back() { ASSERT_TRUE(s2().migrate(tuple_, "s1", now_)); }
    bool is_served_by(const std::string& server) {
        received_.clear();
        request("/bytes/33");
        run_for(kMillisecond * 500);
        return ends_with_content(33) &&
               received_.find("Server: shunt/" + server) != std::string::npos;
    }
    static bool is_answer(const SeenFrame& frame) {
        return frame.is(EncapsulationType::Acknowledgement) || frame.is(EncapsulationType::Reject);
    }
    std::uint64_t count(Node& node, Counter counter) { return node.counters().value(counter); }
};

TEST_F(Return, AHomeServesItsConnectionAgain) {
    arrive_at_s2();
    go_back();
    run_for(kMillisecond);
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(s1().tables().local.front().epoch, 2U) << "+1 for every attempt";
    EXPECT_TRUE(is_served_by("s1"));
}

TEST_F(Return, ItGoesAwayAgainAndBackAsOftenAsOneLikes) {
    arrive_at_s2();
    for (std::uint32_t round = 0; round < 5; ++round) {
        go_back();
        run_for(kMillisecond);
        ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
        run_for(kMillisecond);
        ASSERT_TRUE(is_served_by("s2"));
        EXPECT_EQ(s1().tables().forward.front().epoch, 3 + 2 * round);
    }
}

/// EP-23: else the client's packets would go to and fro for 2MSL, and nobody would reset it.
TEST_F(Return, WhoLosesWhatCameAgainSaysSo) {
    arrive_at_s2();
    go_back();
    run_for(kMillisecond);
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(kMillisecond);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    forget_at_s2();
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 0U);
    seen_.clear();
    request("/bytes/33");
    run_for(kMillisecond * 300);
    EXPECT_FALSE(seen(EncapsulationType::Reject).empty());
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    run_for(kMillisecond * 2'000);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset by its home";
}

TEST_F(Return, AnOwnerMovesItToItsHomeAlone) {
    config_ = farm::standard_plan(3);
    config_.farm.has_extensions = true;
    config_.urls.push_back({"/s2/", {"s2"}});
    start_nodes();
    arrive_at_s2();
    const auto refused = s2().migrate(tuple_, "s3", now_);
    ASSERT_FALSE(refused);
    EXPECT_NE(std::string(refused.error().text).find("EP-47"), std::string::npos);
    EXPECT_TRUE(is_served_by("s2"));
}

TEST_F(Return, AnOwnerThatWaitsNeverGoesOnByItself) {
    arrive_at_s2();
    loses_ = [](const SeenFrame& frame) { return is_answer(frame); };
    go_back();
    run_for(kMillisecond * 20'000);
    EXPECT_EQ(s2().tables().forward_connect.front().state, "returning");
    // 0, 50, 150, 350, 750 ms, then each second (EP-46).
    EXPECT_EQ(seen(EncapsulationType::Connection).size(), 5U + 19U);
    loses_ = [](const SeenFrame&) { return false; };
    run_for(kMillisecond * 1'000);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "the last accepted one: 0x03 again (EP-45)";
    EXPECT_EQ(count(s1(), Counter::ReturnAccepted), 1U);
    EXPECT_TRUE(is_served_by("s1"));
}

TEST_F(Return, WithoutAnyAnswerTheEndpointGoesSilently) {
    arrive_at_s2();
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    go_back();
    run_for(kMillisecond * 59'900);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    run_for(kMillisecond * 200);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-46";
    EXPECT_EQ(count(s2(), Counter::ReturnExpired), 1U);
}

class RefusedReturn : public Return {
  protected:
    /// s1 has no place for another Local endpoint until the first client has gone.
    void arrive_and_fill_home() {
        config_.limits.local_entries = 1;
        start_nodes();
        arrive_at_s2();
        const wire::ConnectionTuple moved = tuple_;
        std::swap(client_, moved_client_);
        handshake(4712);
        request("/bytes/1");
        run_for(kMillisecond * 10);
        ASSERT_EQ(in(s1(), Table::Local), 1U);
        tuple_ = moved;
    }
    std::optional<tcp::Connection> moved_client_;
};

TEST_F(RefusedReturn, TheOwnerGoesOnAndNoRepetitionIsAccepted) {
    arrive_and_fill_home();
    go_back();
    run_for(kMillisecond);
    EXPECT_EQ(count(s2(), Counter::ReturnRejected), 1U);
    EXPECT_EQ(s2().tables().forward_connect.front().state, "ESTABLISHED");
    // The first client's connection ends, and there is room; but that return was refused.
    client_->abort();
    run_for(kMillisecond);
    ASSERT_EQ(in(s1(), Table::Local), 0U);
    const SeenFrame refused = seen(EncapsulationType::Connection).front();
    s1().handle_frame(link::LinkId::Back, pool_.copy(refused.bytes), now_);
    exchange();
    EXPECT_EQ(in(s1(), Table::Forward), 1U) << "EP-45, refused-returns";
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    std::swap(client_, moved_client_);
    EXPECT_TRUE(is_served_by("s2"));
    go_back();
    run_for(kMillisecond);
    EXPECT_EQ(in(s1(), Table::Local), 1U) << "the next attempt has another epoch";
    EXPECT_TRUE(is_served_by("s1"));
}

TEST_F(Return, OfWhatTheHomeDoesNotKnowTheOwnerDropsItsEndpoint) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 10);
    forget_at_s1();
    go_back();
    run_for(kMillisecond);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-46, reason 3";
    EXPECT_EQ(count(s2(), Counter::ReturnDisowned), 1U);
}

TEST_F(Return, AFormerOwnerSendsBackWhatStillComes) {
    arrive_at_s2();
    request("/bytes/5");
    run_for(kMillisecond * 10);
    const SeenFrame late = seen(EncapsulationType::Forwarded).front();
    go_back();
    run_for(kMillisecond);
    const std::size_t before = seen(EncapsulationType::Forwarded).size();
    s2().handle_frame(link::LinkId::Back, pool_.copy(late.bytes), now_);
    exchange();
    EXPECT_EQ(seen(EncapsulationType::Forwarded).size(), before + 1) << "to the home, no further";
    EXPECT_EQ(count(s2(), Counter::ForwardReturned), 1U);
    EXPECT_EQ(count(s1(), Counter::DropReturnedStranger), 0U);
    EXPECT_TRUE(is_served_by("s1"));
    run_for(config_.timers.two_msl);
    s2().handle_frame(link::LinkId::Back, pool_.copy(late.bytes), now_);
    exchange();
    EXPECT_EQ(count(s2(), Counter::ForwardReturned), 1U) << "after 2MSL it is a stranger's";
}

TEST_F(Return, PacketsThatWaitedForTheAnswerComeBackInOrder) {
    arrive_at_s2();
    bool is_held_back = true;
    loses_ = [&](const SeenFrame& frame) {
        return is_held_back && frame.is(EncapsulationType::Connection);
    };
    go_back();
    exchange();
    request("/bytes/7");
    run_for(kMillisecond * 10);
    EXPECT_FALSE(ends_with_content(7)) << "EP-40: frozen";
    is_held_back = false;
    run_for(kMillisecond * 210);
    EXPECT_GE(count(s2(), Counter::ForwardReturned), 1U);
    EXPECT_TRUE(ends_with_content(7));
    EXPECT_EQ(in(s1(), Table::Local), 1U);
}

TEST_F(Return, AnOfferWithAHigherEpochIsItsAnswer) {
    arrive_at_s2();
    loses_ = [](const SeenFrame& frame) { return is_answer(frame); };
    go_back();
    run_for(kMillisecond);
    ASSERT_EQ(in(s1(), Table::Local), 1U) << "accepted, but the owner has not heard of it";
    loses_ = [](const SeenFrame&) { return false; };
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(kMillisecond * 10);
    EXPECT_EQ(count(s2(), Counter::ReturnDone), 1U) << "EP-46";
    EXPECT_EQ(s2().tables().forward_connect.front().state, "ESTABLISHED");
    EXPECT_TRUE(is_served_by("s2"));
}

}  // namespace
}  // namespace shunt::node
