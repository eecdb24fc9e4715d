// SPDX-License-Identifier: Apache-2.0
// A farm with applications of two types: s1 and s3 read requests, s2 only goes on with responses
// that they have begun (S000 c38, c57; EP-42).
#include <string>

#include "shunt/node/farm_fixture.hh"
#include "shunt/node/response_stream.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class TwoTypes : public FarmFixture {
  protected:
    static constexpr Duration kSecond = Duration::seconds(1);

    void SetUp() override {
        nodes_.resize(3);
        config_ = farm::standard_plan(3);
        config_.farm.has_extensions = true;
        for (farm::Listen& listen : config_.listens)
            if (listen.server == "s2") listen.application = farm::kStreamApplication;
        start_nodes();
    }
    Node& s3() { return *nodes_[2]; }

    /// Some seconds long, and no queue has all of it.
    void begin_response(std::size_t size = 120'000) {
        handshake();
        request("/tail/bytes/" + std::to_string(size));
        size_ = size;
        run_for(kMillisecond * 300);
    }
    void move(Node& from, std::string_view to) { ASSERT_TRUE(from.migrate(tuple_, to, now_)); }
    bool is_whole() const { return ends_with_content(size_); }
    void expect_served_by(std::string_view server) {
        received_.clear();
        request("/bytes/33");
        run_for(kSecond);
        EXPECT_TRUE(ends_with_content(33)) << received_;
        EXPECT_NE(received_.find("Server: shunt/" + std::string(server)), std::string::npos);
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }

    std::size_t size_ = 0;
};

TEST_F(TwoTypes, AStreamTakesAResponseOverAndTheFrontGoesOnBehindIt) {
    begin_response();
    move(s1(), "s2");
    run_for(kMillisecond * 100);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_FALSE(is_whole());
    run_for(kSecond * 5);
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(in(s1(), Table::Local), 1U) << "it came home by itself";
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(count(s2(), Counter::PassingStarted), 1U);
    expect_served_by("s1");
}

/// At whatever moment of the response, be it before its first byte or behind its last.
TEST_F(TwoTypes, AMoveAtAnyMomentLosesNothing) {
    for (std::int64_t moment = 0; moment < 60; ++moment) {
        handshake(static_cast<std::uint16_t>(5000 + moment));
        request("/tail/bytes/60000");
        size_ = 60'000;
        run_for(Duration::microseconds(37'000) * moment);
        const bool began = static_cast<bool>(s1().migrate(tuple_, "s2", now_));
        EXPECT_TRUE(began || is_whole()) << moment;
        run_for(kSecond * 4);
        ASSERT_TRUE(is_whole()) << moment;
        expect_served_by("s1");
        client_->close();
        run_for(kSecond);
    }
}

TEST_F(TwoTypes, ADownloadMovesAsALogDoes) {
    handshake();
    request("/bytes/3000000");
    int let_through = 3;
    loses_ = [&](const SeenFrame& frame) {
        return frame.link == link::LinkId::Front && frame.ethernet().source() == kClientMac &&
               let_through-- <= 0;
    };
    run_for(kMillisecond);
    loses_ = [](const SeenFrame&) { return false; };
    move(s1(), "s2");
    run_for(kSecond * 10);
    EXPECT_TRUE(ends_with_content(3'000'000));
    EXPECT_EQ(count(s2(), Counter::OfferAccepted), 1U);
    expect_served_by("s1");
}

TEST_F(TwoTypes, WhatIsNoResponseIsRefusedAndGoesOnAtHome) {
    handshake();
    request("/bytes/10");
    run_for(kMillisecond * 10);
    move(s1(), "s2");
    run_for(kMillisecond * 10);
    EXPECT_EQ(count(s2(), Counter::OfferNoListener), 1U) << "EP-42, reason 1";
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    expect_served_by("s1");
}

TEST_F(TwoTypes, ATargetThatDoesNotAnswerLosesNoByte) {
    begin_response();
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    move(s1(), "s2");
    run_for(kSecond);
    loses_ = [](const SeenFrame&) { return false; };
    EXPECT_EQ(in(s1(), Table::Local), 1U) << "EP-44";
    run_for(kSecond * 5);
    EXPECT_TRUE(is_whole());
    expect_served_by("s1");
}

TEST_F(TwoTypes, ItMovesTwiceAndIsOneResponse) {
    begin_response(200'000);
    move(s1(), "s2");
    run_for(kMillisecond * 300);
    move(s2(), "s1");
    run_for(kMillisecond * 300);
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_FALSE(is_whole());
    move(s1(), "s3");
    run_for(kMillisecond * 300);
    ASSERT_EQ(in(s3(), Table::ForwardConnect), 1U);
    move(s3(), "s1");
    run_for(kMillisecond * 300);
    move(s1(), "s2");
    run_for(kSecond * 6);
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(count(s2(), Counter::PassingStarted), 1U);
    expect_served_by("s1");
}

TEST_F(TwoTypes, RequestsBehindAResponseWaitForTheFront) {
    begin_response();
    request("/bytes/11");
    request("/bytes/12");
    move(s1(), "s2");
    run_for(kSecond * 6);
    const std::string all = received_;
    EXPECT_TRUE(ends_with_content(12));
    received_ = all.substr(0, all.rfind("HTTP/1.1 200"));
    EXPECT_TRUE(ends_with_content(11));
    received_ = received_.substr(0, received_.rfind("HTTP/1.1 200"));
    EXPECT_TRUE(is_whole());
}

TEST_F(TwoTypes, AClientThatHasFinishedIsNotSentHome) {
    begin_response();
    client_->close();
    move(s1(), "s2");
    run_for(kSecond * 6);
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(count(s2(), Counter::PassingStarted), 0U);
    EXPECT_EQ(client_->state(), tcp::State::TimeWait);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-30";
}

TEST_F(TwoTypes, ToAHomeThatRefusesItIsOfferedAgainUntilItFits) {
    config_.limits.local_entries = 1;
    start_nodes();
    begin_response();
    move(s1(), "s2");
    run_for(kMillisecond * 100);
    const wire::ConnectionTuple moved = tuple_;
    std::optional<tcp::Connection> first;
    std::swap(client_, first);
    const std::string so_far = received_;
    handshake(4712);
    request("/bytes/1");
    run_for(kMillisecond * 10);
    ASSERT_EQ(in(s1(), Table::Local), 1U) << "s1 is full";
    std::swap(client_, first);
    std::swap(tuple_, const_cast<wire::ConnectionTuple&>(moved));
    received_ = so_far;
    run_for(kSecond * 5);
    EXPECT_TRUE(is_whole());
    EXPECT_GT(count(s2(), Counter::ReturnRejected), 3U);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    std::swap(client_, first);
    client_->abort();
    run_for(kMillisecond);
    std::swap(client_, first);
    run_for(kSecond * 8);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    expect_served_by("s1");
}

TEST_F(TwoTypes, AHomeThatGoesOnRefusingEndsInAnOrderlyClose) {
    config_.limits.local_entries = 1;
    start_nodes();
    begin_response();
    move(s1(), "s2");
    run_for(kMillisecond * 100);
    std::optional<tcp::Connection> first;
    std::swap(client_, first);
    const std::string so_far = received_;
    handshake(4712);
    request("/bytes/1");
    run_for(kMillisecond * 10);
    std::swap(client_, first);
    received_ = so_far;
    run_for(kSecond * 60);
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(client_->state(), tcp::State::CloseWait) << "a FIN and no reset";
    EXPECT_EQ(count(s2(), Counter::ReturnRejected), ResponseStream::kTriesMax);
}

TEST_F(TwoTypes, AStreamIsNoCandidateForNewConnections) {
    config_.urls.push_back({"/s2/", {"s2"}});
    start_nodes();
    run_for(kSecond * 2);
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(received_.find("shunt/s2"), std::string::npos);
    EXPECT_EQ(count(s2(), Counter::OfferNoListener), 0U) << "it was not asked";
}

TEST_F(TwoTypes, ItsOwnClientsAreServedByAFront) {
    run_for(kSecond * 2);
    home_ = 1;
    handshake();
    request("/bytes/10");
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s2(), Table::Forward), 1U);
}

/// Nor does it take what nobody has begun, whoever offers it.
TEST_F(TwoTypes, AnUnboundEndpointIsRefused) {
    handshake();
    for (farm::Listen& listen : config_.listens)
        if (listen.server == "s2") listen.application = farm::kHttpApplication;
    run_for(kMillisecond);
    loses_ = [&](const SeenFrame& frame) {
        // What s1 selects by; s2 itself is what it is.
        if (frame.is(EncapsulationType::Connection)) {
            for (farm::Listen& listen : config_.listens)
                if (listen.server == "s2") listen.application = farm::kStreamApplication;
        }
        return false;
    };
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(kMillisecond * 10);
    EXPECT_EQ(count(s2(), Counter::OfferNoListener), 1U);
    expect_served_by("s1");
}

/// Without a front nobody can be served.
TEST_F(TwoTypes, WhereNobodyReadsRequestsThereIsNoListener) {
    for (farm::Listen& listen : config_.listens)
        listen.application = farm::kStreamApplication;
    start_nodes();
    connect();
    run_for(kMillisecond * 10);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset";
}

/// A home that is a stream itself gives the connection to a front when its response is over.
TEST_F(TwoTypes, AtAHomeThatReadsNoRequestsItGoesToAFrontAgain) {
    run_for(kSecond * 2);
    home_ = 1;
    handshake();
    request("/tail/bytes/120000");
    size_ = 120'000;
    run_for(kMillisecond * 500);
    Node& front = in(s1(), Table::ForwardConnect) == 1 ? s1() : s3();
    ASSERT_EQ(in(front, Table::ForwardConnect), 1U);
    move(front, "s2");
    run_for(kMillisecond * 200);
    ASSERT_EQ(in(s2(), Table::Local), 1U);
    run_for(kSecond * 5);
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(in(s2(), Table::Forward), 1U);
    received_.clear();
    request("/bytes/33");
    run_for(kSecond);
    EXPECT_TRUE(ends_with_content(33));
}

TEST_F(TwoTypes, ATargetThatRestartsTakesItsConnectionsAlong) {
    begin_response();
    move(s1(), "s2");
    run_for(kMillisecond * 300);
    nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 999, now_, mtus_);
    run_for(kSecond * 10);
    EXPECT_EQ(in(s1(), Table::Forward), 0U) << "EP-33";
    request("/bytes/1");
    run_for(kSecond * 5);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset, and not left hanging";
}

}  // namespace
}  // namespace shunt::node
