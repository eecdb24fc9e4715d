// SPDX-License-Identifier: Apache-2.0
// Connections that move as blobs: the farm of the endpoint profile's tests with another carrier
// (docs/protocol/blob.md).
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "shunt/node/blob_fixture.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;

using BlobMove = BlobFixture;

TEST_F(BlobMove, AConnectionIsServedByWhomItsRequestNames) {
    handshake();
    request("/s2/bytes/100000");
    run_for(kMillisecond * 200);
    EXPECT_TRUE(ends_with_content(100'000));
    EXPECT_NE(received_.find("Server: shunt/s2"), std::string::npos);
    EXPECT_FALSE(is_anything_encapsulated());
    EXPECT_FALSE(rewritten().empty());
    EXPECT_EQ(count(s1(), Counter::MoveDone), 1U);
    EXPECT_EQ(count(s2(), Counter::CopyReleased), 1U);
    EXPECT_TRUE(is_served_by("s2"));
}

/// BL-11, BL-12: what stands on the back link is as long as what the client has sent.
TEST_F(BlobMove, NoByteIsAddedToAPacket) {
    arrive_at_s2();
    seen_.clear();
    request("/bytes/33");
    run_for(kMillisecond * 50);
    ASSERT_TRUE(ends_with_content(33));
    std::vector<std::size_t> sent;
    std::vector<std::size_t> forwarded;
    for (const SeenFrame& frame : seen_) {
        const bool is_clients = frame.link == link::LinkId::Front &&
                                frame.ethernet().source() == kClientMac &&
                                frame.ethernet().type() == wire::kEtherTypeIpv4;
        if (is_clients) sent.push_back(frame.bytes.size());
        if (!is_rewritten(frame)) continue;
        forwarded.push_back(frame.bytes.size());
        const auto ip = *wire::Ipv4View::parse(frame.ethernet().payload());
        EXPECT_EQ(ip.source(), config_.servers[0].forward_ips[0]);
        EXPECT_EQ(ip.destination(), config_.servers[1].forward_ips[0]);
        EXPECT_TRUE(wire::TcpView::parse(ip)) << "its checksum is right";
    }
    EXPECT_EQ(sent, forwarded);
}

TEST_F(BlobMove, AnEndpointInUseGoesAndComesBackInTheMiddleOfAResponse) {
    handshake();
    request("/bytes/3000000");
    run_for(Duration::microseconds(10));
    for (int round = 0; round < 10; ++round) {
        Node& owner = in(s1(), Table::Local) == 1 ? s1() : s2();
        const auto moved = owner.migrate(tuple_, &owner == &s1() ? "s2" : "s1", now_);
        ASSERT_TRUE(moved) << round << ' ' << moved.error().text;
        run_for(kMillisecond);
        ASSERT_EQ(in(s1(), Table::Local) + in(s2(), Table::ForwardConnect), 1U) << round;
    }
    run_for(kMillisecond * 3'000);
    EXPECT_TRUE(ends_with_content(3'000'000));
    EXPECT_EQ(count(s1(), Counter::MoveDone), 5U);
    EXPECT_EQ(count(s1(), Counter::ReturnAccepted), 5U);
}

/// EP-41's bound is of what moves in frames.
TEST_F(BlobMove, QueuesMayBeLongerThanFramesTake) {
    config_.limits.tcp_send_buffer_bytes = 4'000'000;
    start_nodes();
    handshake();
    bool is_deaf = true;
    loses_ = [&](const SeenFrame& frame) {
        return is_deaf && frame.ethernet().destination() == kClientMac;
    };
    request("/bytes/8000000");
    run_for(kMillisecond * 10);
    const auto moved = s1().migrate(tuple_, "s2", now_);
    ASSERT_TRUE(moved) << moved.error().text;
    run_for(kMillisecond * 10);
    is_deaf = false;
    run_for(Duration::seconds(10));
    EXPECT_EQ(count(s1(), Counter::MoveDone), 1U);
    EXPECT_TRUE(ends_with_content(8'000'000));
}

/// BL-14: with its channel an attempt is over. The copy that may be there never acts, and goes.
TEST_F(BlobMove, WithoutItsChannelAConnectionStays) {
    handshake();
    bool is_cut = false;  // once the blob is there
    loses_ = [this, &is_cut](const SeenFrame& frame) {
        is_cut = is_cut || in(s2(), Table::ForwardConnect) == 1;
        return is_cut && frame.link == link::LinkId::Back;
    };
    request("/s2/bytes/10");
    run_for(kMillisecond * 10);
    ASSERT_TRUE(is_cut);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U) << "the answer may come";
    run_for(Duration::seconds(6));
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_NE(received_.find("Server: shunt/s1"), std::string::npos);
    mend_back_link();
    run_for(Duration::seconds(61));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(count(s2(), Counter::CopyReleased), 0U);
}

/// BL-14: 0x15 went with its channel; the next one brings it again.
TEST_F(BlobMove, ACommitThatIsLostGoesByTheNextChannel) {
    handshake();
    bool is_cut = false;
    loses_ = [this, &is_cut](const SeenFrame& frame) {
        is_cut = is_cut || in(s1(), Table::Forward) == 1;
        return is_cut && frame.link == link::LinkId::Back;
    };
    request("/s2/bytes/10");
    run_for(Duration::milliseconds(3'500));  // dead channels, no dead servers
    ASSERT_TRUE(is_cut);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(count(s2(), Counter::CopyReleased), 0U);
    EXPECT_EQ(received_, "");
    mend_back_link();
    run_for(Duration::seconds(30));
    EXPECT_EQ(count(s2(), Counter::CopyReleased), 1U);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_F(BlobMove, AHostThatRefusesLeavesItToTheNext) {
    config_.listens[1].is_open = false;
    start_nodes();
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 50);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_NE(received_.find("Server: shunt/s1"), std::string::npos);
}

/// BL-16: 0x13, and a client that comes again is fresh at once.
TEST_F(BlobMove, AClosedFlowLeavesItsPortToTheClient) {
    arrive_at_s2();
    client_->close();
    run_for(Duration::seconds(61));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(count(s1(), Counter::ForwardExpired) + in(s1(), Table::Forward), 1U);
    handshake();
    EXPECT_TRUE(is_served_by("s1"));
}

/// BL-13, BL-14: the host has lost it, says so, and the client is reset.
TEST_F(BlobMove, AFlowThatItsHostDoesNotKnowEndsAtItsForwarder) {
    arrive_at_s2();
    nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 999, now_, mtus_);
    run_for(Duration::seconds(10));
    request("/bytes/10");
    run_for(Duration::seconds(5));
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    EXPECT_EQ(client_->state(), tcp::State::Closed);
}

TEST_F(BlobMove, AnEagerBlobIsFollowedAtOnce) {
    build_blob(true);
    handshake();
    request("/s2/bytes/100000");
    run_for(kMillisecond * 200);
    EXPECT_TRUE(ends_with_content(100'000));
    EXPECT_NE(received_.find("Server: shunt/s2"), std::string::npos);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

TEST_F(BlobMove, AnEagerBlobThatIsRefusedEndsTheConnection) {
    build_blob(true);
    config_.listens[1].is_open = false;
    start_nodes();
    handshake();
    ASSERT_EQ(in(s1(), Table::Temporary), 1U);
    (void)s1().migrate(tuple_, "s2", now_);
    run_for(kMillisecond * 20);
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    request("/bytes/10");
    run_for(Duration::seconds(3));
    EXPECT_EQ(client_->state(), tcp::State::Closed);
}

}  // namespace
}  // namespace shunt::node
