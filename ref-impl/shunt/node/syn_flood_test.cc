// SPDX-License-Identifier: Apache-2.0
// More handshakes than a server can remember (TCP-8, TAB-2, SEC-5): those of others succeed, and
// memory stays what it was.
#include <gtest/gtest.h>

#include <string>

#include "shunt/node/live_memory_fixture.hh"
#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;

class SynFlood : public RawClientFixture {
  protected:
    void flood(int syns) {
        for (int i = 0; i < syns; ++i) {
            RawFlow flow = random_flow();
            send(flow, kSyn);
        }
        drain();
    }
    void fill_backlog() {
        config_.limits.half_open_entries = 4;
        start();
        flood(4);
        ASSERT_EQ(size(Table::Temporary), 4U);
        ASSERT_EQ(count(Counter::SynCookieSent), 0U);
    }
    /// Opens, asks for an object and gets it: true.
    bool is_served() {
        RawFlow flow = random_flow();
        flow.timestamps = {.value = 1, .echo = 0};
        if (!open_half(flow)) return false;
        send(flow, kAck);
        send(flow, kAck, "GET /bytes/64 HTTP/1.1\r\nHost: x\r\n\r\n");
        bool is_answered = false;
        drain([&](const wire::Ipv4View& ip) {
            const auto segment = wire::TcpView::parse(ip);
            const std::string text(segment->payload().begin(), segment->payload().end());
            if (ip.destination() == flow.address && text.starts_with("HTTP/1.1 200")) {
                is_answered = true;
            }
        });
        flow.heard = flow.heard + 1'000;
        send(flow, {.reset = true});  // exactly the next number: the connection goes
        return is_answered;
    }
};

TEST_F(SynFlood, BeginsWithCookiesWhenTheBacklogIsFullAndEndsWhenItIsNot) {
    fill_backlog();
    RawFlow flow = random_flow();
    ASSERT_TRUE(open_half(flow));
    EXPECT_EQ(count(Counter::SynCookieSent), 1U);
    EXPECT_EQ(size(Table::Temporary), 4U) << "nothing is remembered of it";
    send(flow, kAck);
    EXPECT_EQ(count(Counter::SynCookieAccepted), 1U);
    EXPECT_EQ(size(Table::Temporary), 5U);
    pass(config_.timers.temporary_life);  // the flood's half-open endpoints go (EP-11)
    flow = random_flow();
    ASSERT_TRUE(open_half(flow));
    EXPECT_EQ(count(Counter::SynCookieSent), 1U);
}

TEST_F(SynFlood, ACompleteHandshakeGivesItsPlaceBack) {
    config_.limits.half_open_entries = 1;
    start();
    for (int i = 0; i < 3; ++i) {
        RawFlow flow = random_flow();
        open(flow);
    }
    EXPECT_EQ(count(Counter::SynCookieSent), 0U);
    EXPECT_EQ(size(Table::Temporary), 3U);
}

TEST_F(SynFlood, ACookieThatComesBackWithTheRequestServesIt) {
    fill_backlog();
    EXPECT_TRUE(is_served());
    EXPECT_EQ(count(Counter::SynCookieAccepted), 1U);
}

TEST_F(SynFlood, AnswersAForgedAcknowledgmentWithAReset) {
    fill_backlog();
    RawFlow flow = random_flow();
    ASSERT_TRUE(open_half(flow));
    flow.heard = flow.heard + 1;
    send(flow, kAck);
    EXPECT_EQ(count(Counter::TcpStray), 1U);
    EXPECT_EQ(count(Counter::SynCookieAccepted), 0U);
    int resets = 0;
    drain([&](const wire::Ipv4View& ip) {
        const auto segment = wire::TcpView::parse(ip);
        resets += segment->flags().reset && segment->sequence() == flow.heard;
    });
    EXPECT_EQ(resets, 1);
}

TEST_F(SynFlood, HalfOfTheTableIsKeptForCookiesThatComeBack) {
    config_.limits.temporary_entries = 4;
    start();
    flood(3);
    EXPECT_EQ(size(Table::Temporary), 2U);
    EXPECT_EQ(count(Counter::SynCookieSent), 1U);
}

TEST_F(SynFlood, ACookieThatFindsTheTableFullIsGoodOnceThereIsRoom) {
    config_.limits.temporary_entries = 2;
    start();
    RawFlow first = random_flow();
    open(first);
    RawFlow second = random_flow();
    ASSERT_TRUE(open_half(second));
    RawFlow third = random_flow();
    ASSERT_TRUE(open_half(third));
    EXPECT_EQ(count(Counter::SynCookieSent), 1U) << "half of the table is for handshakes";
    send(third, kAck);
    EXPECT_EQ(count(Counter::DropTemporaryFull), 1U);
    EXPECT_EQ(count(Counter::TcpStray), 0U) << "the client is not reset";
    pass(config_.timers.request_first_byte);  // the first connection is decided on
    send(third, kAck, "GET /bytes/64 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(count(Counter::SynCookieAccepted), 1U);
}

TEST_F(SynFlood, ServersOfAFarmWithASecretKnowEachOthersCookies) {
    config_.secret.assign(32, 0x5A);
    fill_backlog();
    RawFlow flow = random_flow();
    ASSERT_TRUE(open_half(flow));
    start();  // another boot: nothing of the first one is left but the farm's secret
    send(flow, kAck);
    EXPECT_EQ(count(Counter::SynCookieAccepted), 1U);
    EXPECT_EQ(size(Table::Temporary), 1U);
}

// A port of which the farm's new configuration knows nothing, and a cookie of the old one.
TEST_F(SynFlood, ACookieForAPortWithoutListenerIsNothing) {
    config_.secret.assign(32, 0x5A);
    fill_backlog();
    RawFlow flow = random_flow();
    ASSERT_TRUE(open_half(flow));
    config_.listens.clear();
    start();
    send(flow, kAck);
    EXPECT_EQ(count(Counter::TcpStray), 1U);
    EXPECT_EQ(size(Table::Temporary), 0U);
}

TEST_F(SynFlood, AConnectionInTimeWaitIsReplacedThoughTheBacklogIsFull) {
    config_.limits.half_open_entries = 1;
    start();
    RawFlow flow = random_flow();
    open(flow);
    send(flow, kAck, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    SequenceNumber end;
    drain([&](const wire::Ipv4View& ip) {
        const auto segment = wire::TcpView::parse(ip);
        end = segment->sequence() + segment->segment_length();
    });
    flow.heard = end;
    send(flow, {.fin = true, .acknowledgment = true});  // the server has closed first
    RawFlow other = random_flow();
    ASSERT_TRUE(open_half(other));
    ASSERT_EQ(count(Counter::SynCookieSent), 0U);
    flow.next = flow.next + 1;
    ASSERT_TRUE(open_half(flow));
    EXPECT_EQ(count(Counter::SynCookieSent), 0U);
    EXPECT_TRUE(flow.heard.after(end)) << "RFC 9293 3.6.1";
    EXPECT_EQ(size(Table::Temporary), 2U);
}

TEST_F(SynFlood, OthersAreServedInAHundredThousandASecond) {
    constexpr int kBatch = 1'000;
    flood(10 * kBatch);  // the backlog is full, every pool is as large as it gets
    ASSERT_TRUE(is_served());
    pass(Duration::milliseconds(1));
    const std::size_t memory = live_memory();
    const std::size_t undecided = size(Table::Temporary);
    for (int batch = 0; batch < 100; ++batch) {
        flood(kBatch);
        EXPECT_TRUE(is_served()) << batch;
        pass(Duration::milliseconds(10));
    }
    EXPECT_LE(size(Table::Temporary), undecided);
    EXPECT_LE(live_memory(), memory + 64 * 1'024);
    EXPECT_EQ(count(Counter::SynCookieSent), 101U + 110'000U - config_.limits.half_open_entries);
    EXPECT_EQ(count(Counter::SynCookieAccepted), 101U);
}

}  // namespace
}  // namespace shunt::node
