// SPDX-License-Identifier: Apache-2.0
// A port listens whatever its connections do (RFC 9293 3.9.1.1, MUST-41 and MUST-42).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

class Listening : public RawClientFixture {
  protected:
    bool is_served(RawFlow& flow) {
        send(flow, kAck, "GET /bytes/64 HTTP/1.1\r\nHost: x\r\n\r\n");
        bool is_answered = false;
        drain([&](const wire::Ipv4View& ip) {
            const auto segment = wire::TcpView::parse(ip);
            const std::string text(segment->payload().begin(), segment->payload().end());
            if (ip.destination() == flow.address && text.starts_with("HTTP/1.1 200")) {
                is_answered = true;
            }
        });
        return is_answered;
    }
};

TEST_F(Listening, GoesOnWhileConnectionsOfThePortAreHalfOpenAndLeavesThemAlone) {
    std::vector<RawFlow> flows(3);
    for (RawFlow& flow : flows) {
        flow = random_flow();
        ASSERT_TRUE(open_half(flow));
    }
    EXPECT_EQ(size(migrate::Table::Temporary), flows.size());
    RawFlow last = random_flow();
    ASSERT_TRUE(open_half(last));
    EXPECT_TRUE(is_served(last));
    for (RawFlow& flow : flows)
        EXPECT_TRUE(is_served(flow)) << "its record is as it was";
}

}  // namespace
}  // namespace shunt::node
