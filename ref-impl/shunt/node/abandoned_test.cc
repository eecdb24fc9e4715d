// SPDX-License-Identifier: Apache-2.0
// Clients that give up, or go silent, at every point: a hundred thousand times, and the tables are
// as before; ten thousand that never take what they asked for, and others are served (SEC-5).
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "shunt/node/live_memory_fixture.hh"
#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;

constexpr wire::TcpFlags kReset{.reset = true};
constexpr wire::TcpFlags kFin{.fin = true, .acknowledgment = true};

class Abandoned : public RawClientFixture {
  protected:
    static constexpr int kAttempts = 100'000;

    Abandoned() {
        config_.timers.application_idle = Duration::seconds(5);
        start();
    }
    std::size_t records() const {
        return size(Table::Temporary) + size(Table::Local) + size(Table::Forward) +
               size(Table::ForwardConnect);
    }
    /// A thousand attempts a second that end as `give_up` does it; then time for all to be over.
    void attempt(const std::function<void(RawFlow&)>& give_up) {
        constexpr int batch = 100;
        for (int i = 0; i < kAttempts; i += batch) {
            for (int attempt = 0; attempt < batch; ++attempt) {
                RawFlow flow = random_flow();
                ASSERT_TRUE(open_half(flow));
                give_up(flow);
            }
            pass(Duration::milliseconds(100));
        }
        pass(Duration::seconds(400));
        EXPECT_EQ(records(), 0U);
        EXPECT_EQ(node().poll_deadline(), std::nullopt) << "nothing is waited for";
    }
};

TEST_F(Abandoned, AfterTheSyn) {
    attempt([](RawFlow&) {});
    EXPECT_GT(count(Counter::SynCookieSent), 0U) << "there were more than the backlog holds";
}

TEST_F(Abandoned, ByAResetOfTheSynAck) {
    attempt([&](RawFlow& flow) { send(flow, kReset); });
}

TEST_F(Abandoned, AfterAWrongAcknowledgment) {
    attempt([&](RawFlow& flow) {
        flow.heard = flow.heard + 1;
        send(flow, kAck);
    });
}

TEST_F(Abandoned, BySilenceAfterTheHandshake) {
    attempt([&](RawFlow& flow) { send(flow, kAck); });
    EXPECT_GT(count(Counter::ConnectionIdle), 0U);
}

TEST_F(Abandoned, ByAResetAfterTheHandshake) {
    attempt([&](RawFlow& flow) {
        send(flow, kAck);
        send(flow, kReset);
    });
}

TEST_F(Abandoned, ByAFinAfterTheHandshake) {
    attempt([&](RawFlow& flow) {
        send(flow, kAck);
        send(flow, kFin);
    });
}

TEST_F(Abandoned, InTheMiddleOfARequest) {
    attempt([&](RawFlow& flow) {
        send(flow, kAck);
        send(flow, kAck, "GET /bytes/");
    });
}

// VU#723308: who asks and never opens the window.
TEST_F(Abandoned, TenThousandClosedWindowsHoldNobodyUp) {
    constexpr int kClosed = 10'000;
    std::vector<RawFlow> closed;
    const std::size_t memory = live_memory();
    for (int i = 0; i < kClosed; ++i) {
        RawFlow flow = random_flow();
        open(flow);
        send(flow, kAck, "GET /bytes/1000000 HTTP/1.1\r\nHost: x\r\n\r\n", 0);
        closed.push_back(flow);
        if (i % 100 == 0) pass(Duration::milliseconds(1));
    }
    EXPECT_EQ(size(Table::Local), static_cast<std::size_t>(kClosed));
    EXPECT_LE(live_memory() - memory, std::size_t{kClosed} * 40 * 1'024) << "bounded for each";
    // They answer each probe, with a window that stays closed: for ever is their right
    // (RFC 9293 3.8.6.1), and nobody else's trouble.
    std::uint64_t probes = 0;
    for (int second = 0; second < 20; ++second) {
        pass(Duration::seconds(1));
        RawFlow other = random_flow();
        open(other);
        send(other, kAck, "GET /bytes/64 HTTP/1.1\r\nHost: x\r\n\r\n");
        bool is_served = false;
        drain([&](const wire::Ipv4View& ip) {
            if (ip.destination() != other.address) return ++probes, void();
            const auto segment = wire::TcpView::parse(ip);
            is_served |= std::string(segment->payload().begin(), segment->payload().end())
                             .starts_with("HTTP/1.1 200");
        });
        EXPECT_TRUE(is_served) << second;
    }
    for (RawFlow& flow : closed)
        send(flow, kReset);
    pass(Duration::seconds(400));
    EXPECT_EQ(records(), 0U);
}

}  // namespace
}  // namespace shunt::node
