// SPDX-License-Identifier: Apache-2.0
// Endpoints that move while they are used: away from their home, and what can go wrong on the way
// (EP-40 to EP-44, EP-49). Returns are in return_test.cc.
#include <optional>
#include <string>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class MoveInUse : public FarmFixture {
  protected:
    void SetUp() override { build(true); }

    /// A response of `size` bytes is under way: the client's answers to it are lost, so that most
    /// of it waits at s1.
    void begin_response(std::size_t size, std::uint16_t port = 4711) {
        handshake(port);
        request("/bytes/" + std::to_string(size));
        exchange_without_client(1);
    }
    /// Only the first `let_through` segments of the client arrive.
    void exchange_without_client(int let_through) {
        loses_ = [let_through](const SeenFrame& frame) mutable {
            return is_from_client(frame) && let_through-- <= 0;
        };
        run_for(kMillisecond);
        ASSERT_EQ(in(s1(), Table::Local), 1U);
        loses_ = [](const SeenFrame&) { return false; };
    }
    static bool is_from_client(const SeenFrame& frame) {
        return frame.link == link::LinkId::Front && frame.ethernet().source() == kClientMac &&
               frame.ethernet().type() == wire::kEtherTypeIpv4;
    }
    void move_to_s2() { ASSERT_TRUE(s1().migrate(tuple_, "s2", now_)); }
    void expect_at_s2() {
        EXPECT_EQ(in(s1(), Table::Forward), 1U);
        EXPECT_EQ(in(s1(), Table::Local) + in(s1(), Table::Temporary), 0U);
        EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    }
    void expect_at_home() {
        EXPECT_EQ(in(s1(), Table::Local), 1U);
        EXPECT_EQ(in(s1(), Table::Forward) + in(s1(), Table::Temporary), 0U);
        EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    }
    std::size_t data_frames() const { return seen(EncapsulationType::Data).size(); }
};

TEST_F(MoveInUse, AResponseGoesOnWhereItStopped) {
    begin_response(300'000);
    move_to_s2();
    run_for(kMillisecond * 100);
    EXPECT_GT(data_frames(), 150U) << "the send queue went along (EP-41)";
    EXPECT_TRUE(ends_with_content(300'000));
    expect_at_s2();
    request("/bytes/20");
    run_for(kMillisecond * 10);
    EXPECT_TRUE(ends_with_content(20));
    EXPECT_NE(received_.rfind("Server: shunt/s2"), std::string::npos);
}

TEST_F(MoveInUse, OnlyAMoveLetsFramesBeExpected) {
    begin_response(300'000);
    EXPECT_EQ(s1().last_exchange(), Instant());
    move_to_s2();
    EXPECT_EQ(s1().last_exchange(), now_);
    run_for(kMillisecond * 100);
    expect_at_s2();
    const Instant moved = s1().last_exchange();
    request("/bytes/10");
    run_for(kMillisecond * 100);
    EXPECT_GT(seen(EncapsulationType::Forwarded).size(), 0U);
    EXPECT_EQ(s1().last_exchange(), moved) << "forwarding goes on by itself";
}

TEST_F(MoveInUse, NoMoreThan64DataFramesLeaveInAMillisecond) {
    begin_response(300'000);
    move_to_s2();
    exchange();
    EXPECT_EQ(data_frames(), 64U) << "EP-41";
    run_for(kMillisecond - Duration::microseconds(1));
    EXPECT_EQ(data_frames(), 64U);
    run_for(Duration::microseconds(1));
    EXPECT_EQ(data_frames(), 128U);
}

TEST_F(MoveInUse, BytesOutOfOrderGoAlongAndOnlyTheHoleIsSentAgain) {
    handshake();
    std::optional<SequenceNumber> hole;
    int segments = 0;
    bool is_lost = true;
    std::size_t repeated = 0;
    loses_ = [&](const SeenFrame& frame) {
        if (!is_from_client(frame) || frame.bytes.size() < 1'000) return false;
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        const SequenceNumber sequence = wire::TcpView::parse(*ip)->sequence();
        if (is_lost && ++segments == 2) hole = sequence;
        if (!is_lost) ++repeated;
        return is_lost && sequence == hole;
    };
    std::string body(8'000, '\0');
    generate(0, {reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
    say("POST /bytes/5?verify HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n" + body);
    exchange();
    is_lost = false;
    move_to_s2();
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(5));
    EXPECT_EQ(received_.substr(0, received_.find('\r')), "HTTP/1.1 200 OK");
    EXPECT_EQ(repeated, 1U) << "EP-41";
    expect_at_s2();
}

TEST_F(MoveInUse, WhatIsLostOnTheWayIsAskedForAndGoesAgainAlone) {
    begin_response(60'000);
    std::size_t frames = 0;
    std::size_t lost = 0;
    loses_ = [&](const SeenFrame& frame) {
        const bool is_lost = frame.is(EncapsulationType::Data) && ++frames % 10 == 3;
        lost += is_lost ? 1 : 0;
        return is_lost;
    };
    move_to_s2();
    exchange();
    const std::size_t first = data_frames();
    EXPECT_TRUE(seen(EncapsulationType::Acknowledgement).empty()) << "EP-41: not all is there";
    loses_ = [](const SeenFrame&) { return false; };
    run_for(kMillisecond * 60);
    EXPECT_EQ(seen(EncapsulationType::Missing).size(), 1U);
    // The fine state goes with each 0x01.
    EXPECT_EQ(data_frames(), first + lost + 1);
    run_for(kMillisecond * 300);
    EXPECT_TRUE(ends_with_content(60'000));
    expect_at_s2();
}

TEST_F(MoveInUse, QueuesThatOvertakeTheirOfferWaitForIt) {
    begin_response(20'000);
    std::vector<std::uint8_t> offer;
    loses_ = [&](const SeenFrame& frame) {
        if (!frame.is(EncapsulationType::Connection) || !offer.empty()) return false;
        offer = frame.bytes;
        return true;
    };
    move_to_s2();
    run_for(kMillisecond * 40);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    s2().handle_frame(link::LinkId::Back, pool_.copy(offer), now_);
    exchange();
    expect_at_s2();
    EXPECT_TRUE(seen(EncapsulationType::Missing).empty());
    run_for(kMillisecond * 300);
    EXPECT_TRUE(ends_with_content(20'000));
}

TEST_F(MoveInUse, WithoutAnyAnswerTheApplicationGoesOnAtHome) {
    begin_response(300'000);
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Connection); };
    move_to_s2();
    run_for(kMillisecond * 740);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
    EXPECT_EQ(s1().tables().temporary.front().state, "migrating");
    run_for(kMillisecond * 1'000);
    EXPECT_TRUE(ends_with_content(300'000)) << "EP-44";
    expect_at_home();
    EXPECT_EQ(s1().tables().local.front().epoch, 1U);
}

TEST_F(MoveInUse, WhatTheTargetRefusesGoesOnAtHomeAtOnce) {
    config_.limits.import_bytes = 100'000;
    start_nodes();
    begin_response(200'000);
    move_to_s2();
    run_for(kMillisecond * 20);
    EXPECT_EQ(seen(EncapsulationType::Reject).size(), 1U) << "SEC-5: no room for its queues";
    expect_at_home();
    run_for(kMillisecond * 1'000);
    EXPECT_TRUE(ends_with_content(200'000));
}

TEST_F(MoveInUse, AnIncompleteImportIsForgottenAndItsMemoryGivenBack) {
    config_.limits.import_bytes = 400'000;
    start_nodes();
    begin_response(200'000);
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Data); };
    move_to_s2();
    run_for(kMillisecond * 1'990);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U) << "what is asked for has left: progress (EP-41)";
    run_for(kMillisecond * 20);
    expect_at_home();
    loses_ = [](const SeenFrame&) { return false; };
    run_for(kMillisecond * 13'000);  // 10 s after the last 0x01 (EP-15)
    EXPECT_EQ(s2().counters().value(Counter::CopyExpired), 1U);
    client_->abort();
    run_for(kMillisecond);
    begin_response(200'000, 4712);
    move_to_s2();
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(200'000));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_F(MoveInUse, ADamagedQueueIsRefusedWhole) {
    begin_response(20'000);
    std::vector<std::uint8_t> part;
    loses_ = [&](const SeenFrame& frame) {
        if (frame.is(EncapsulationType::Data)) part = frame.bytes;
        return frame.is(EncapsulationType::Data);
    };
    move_to_s2();
    exchange();
    // Past the end of its queue: behind Ethernet 14, encapsulation 16, length 2, ID 14, queue 2.
    constexpr std::size_t at = 14 + 16 + 2 + 14 + 2;
    const auto view =
        wire::EncapsulationView::parse(ByteView(part).subspan(14), wire::ProtocolSet::Extended);
    Packet forged = pool_.copy(view->payload());
    store_u32(forged.mutable_bytes(), at - 14 - 16, 0x7FFFFFFF);
    view->header().prepend_to(forged);
    wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
        .prepend_to(forged);
    loses_ = [](const SeenFrame&) { return false; };
    s2().handle_frame(link::LinkId::Back, std::move(forged), now_);
    exchange();
    EXPECT_EQ(s2().counters().value(Counter::OfferMalformedState), 1U) << "SEC-10";
    expect_at_home();
}

TEST_F(MoveInUse, AMalformedOfferEndsNoImport) {
    begin_response(20'000);
    std::vector<std::uint8_t> offer;
    loses_ = [&](const SeenFrame& frame) {
        if (frame.is(EncapsulationType::Connection)) offer = frame.bytes;
        return frame.is(EncapsulationType::Data);
    };
    move_to_s2();
    exchange();
    // The next attempt, in a state that none has: behind Server IP and Port, 6, the block.
    constexpr std::size_t epoch = 6 + 4;
    constexpr std::size_t state = 6 + 8;
    const auto view =
        wire::EncapsulationView::parse(ByteView(offer).subspan(14), wire::ProtocolSet::Extended);
    Packet forged = pool_.copy(view->payload());
    store_u32(forged.mutable_bytes(), epoch, load_u32(view->payload(), epoch) + 1);
    store_u16(forged.mutable_bytes(), state, 1);
    view->header().prepend_to(forged);
    wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
        .prepend_to(forged);
    loses_ = [](const SeenFrame&) { return false; };
    s2().handle_frame(link::LinkId::Back, std::move(forged), now_);
    EXPECT_EQ(s2().counters().value(Counter::OfferMalformedState), 1U);
    run_for(kMillisecond * 60);
    EXPECT_EQ(seen(EncapsulationType::Missing).size(), 1U) << "SEC-10: the attempt is still there";
    run_for(kMillisecond * 300);
    EXPECT_TRUE(ends_with_content(20'000));
    expect_at_s2();
}

TEST_F(MoveInUse, HalfClosedEndpointsMove) {
    handshake();
    request("/bytes/100000");
    client_->close();
    exchange_without_client(2);
    move_to_s2();
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(100'000));
    EXPECT_EQ(client_->state(), tcp::State::TimeWait);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-30";
}

TEST_F(MoveInUse, AnEndpointInTimeWaitStaysAndSaysWhy) {
    handshake();
    say("GET /bytes/5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    run_for(kMillisecond * 50);
    client_->close();
    run_for(kMillisecond * 50);
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    const auto refused = s1().migrate(tuple_, "s2", now_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error, ApiError::NotMovable);
    EXPECT_NE(std::string(refused.error().text).find("TIME-WAIT"), std::string::npos);
}

TEST_F(MoveInUse, BehindAGatewayNoEndpointMovesOnceItIsBound) {
    for (auto& listen : config_.listens) {
        listen.application = farm::kGatewayApplication;
        listen.selection = farm::SelectionMoment::Connect;
        listen.backend = farm::BackendAddress::parse("tcp:127.0.0.1:9");
    }
    config_.urls.clear();
    start_nodes();
    handshake();
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    const auto refused = s1().migrate(tuple_, "s2", now_);
    ASSERT_FALSE(refused);
    EXPECT_NE(std::string(refused.error().text).find("EP-49"), std::string::npos);
}

TEST_F(MoveInUse, ABaseFarmMovesNothingThatIsInUse) {
    build(false);
    begin_response(20'000);
    EXPECT_FALSE(s1().migrate(tuple_, "s2", now_));
    expect_at_home();
}

}  // namespace
}  // namespace shunt::node
