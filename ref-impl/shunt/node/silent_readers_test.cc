// SPDX-License-Identifier: Apache-2.0
// Peers that ask for much and read nothing: they may stay (RFC 9293 MUST-37), and what they cost
// has a bound (SEC-5; docs/protocol/tcp.md, "What a silent reader costs").
#include <gtest/gtest.h>

#include <vector>

#include "shunt/node/live_memory_fixture.hh"
#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

class SilentReaders : public RawClientFixture {
  protected:
    static constexpr std::size_t kPeers = 1'000;
    static constexpr std::size_t kSendBuffer = 16 * 1'024;

    SilentReaders() {
        config_.limits.tcp_send_buffer_bytes = kSendBuffer;
        config_.limits.local_entries = kPeers;
        start();
    }
    /// Asks for as much as goes by copy (adr/0009), with a window that is closed for the answer.
    RawFlow ask() {
        RawFlow flow = random_flow();
        open(flow);
        send(flow, kAck, "GET /bytes/16384 HTTP/1.1\r\nHost: x\r\n\r\n", 0);
        drain();
        return flow;
    }
    /// Each peer acknowledges the probe that it has got, and takes nothing.
    void answer_all(std::vector<RawFlow>& flows) {
        for (RawFlow& flow : flows)
            send(flow, kAck, {}, 0);
        drain();
    }
};

TEST_F(SilentReaders, StayAndCostNoMoreThanTheirSendQueues) {
    const std::size_t before = live_memory();
    std::vector<RawFlow> flows;
    flows.reserve(kPeers);
    for (std::size_t i = 0; i < kPeers; ++i)
        flows.push_back(ask());
    ASSERT_EQ(size(migrate::Table::Local), kPeers);
    // Beside the queue: record, connection, conversation, what is in flight.
    EXPECT_LE(live_memory() - before, kPeers * (kSendBuffer + 8 * 1'024));
    EXPECT_GE(live_memory() - before, kPeers * kSendBuffer / 2) << "they do hold something";
    const std::size_t held = live_memory();
    // Longer than any timeout of the engine.
    for (int minute = 0; minute < 60; ++minute) {
        pass(Duration::seconds(60));
        answer_all(flows);
    }
    EXPECT_EQ(size(migrate::Table::Local), kPeers);
    EXPECT_LE(live_memory(), held + 64 * 1'024);
    // Who does not answer any more is gone after the user timeout, and its memory with it.
    pass(Duration::seconds(400));
    EXPECT_EQ(size(migrate::Table::Local), 0U);
    EXPECT_LE(live_memory(), before + kPeers * 1'024);
}

}  // namespace
}  // namespace shunt::node
