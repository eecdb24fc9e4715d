// SPDX-License-Identifier: Apache-2.0
// A node asks whether its router is still there when a peer does not answer (RFC 9293 3.8.3 (b)).
#include <gtest/gtest.h>

#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

class DeadGateway : public RawClientFixture {
  protected:
    /// Requests for the router's address among what the node sends now.
    int requests() {
        int count = 0;
        while (const auto outgoing = node().poll_transmit(now_)) {
            const auto ethernet = wire::EthernetView::parse(outgoing->frame.bytes());
            if (ethernet->type() != wire::kEtherTypeArp) continue;
            const auto arp = wire::ArpView::parse(ethernet->payload());
            if (arp->target_ip() == kRouter) ++count;
        }
        return count;
    }
    /// What is asked of the link until the node has sent its SYN/ACK `transmissions` times.
    int requests_until(int transmissions) {
        int count = requests();
        for (int i = 1; i < transmissions; ++i) {
            now_ = *node().poll_deadline();
            node().handle_deadline(now_);
            count += requests();
        }
        return count;
    }
};

TEST_F(DeadGateway, IsSuspectedAtTheThirdRetransmissionAndNotBefore) {
    for (const int retransmissions : {2, 3}) {
        start();
        drain();
        RawFlow flow = random_flow();
        send(flow, kSyn);
        EXPECT_EQ(requests_until(1 + retransmissions), retransmissions == 3 ? 1 : 0);
    }
}

}  // namespace
}  // namespace shunt::node
