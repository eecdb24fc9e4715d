// SPDX-License-Identifier: Apache-2.0
// A front link that takes and brings trains of segments: served as they are, held and forwarded as
// the packets that a wire would have brought (EP-5, EP-21, FRM-9).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

constexpr std::size_t kFrameMax = 1'514;

class TrainsTest : public FarmFixture {
  protected:
    void build_with_trains() {
        mtus_.front_train = 65'535;
        client_config_.train_max = 65'535;
        client_config_.no_delay = true;
        build(true);
    }
    void upload(std::string_view target, std::size_t size) {
        say("POST " + std::string(target) +
            " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        std::string body(size, '\0');
        generate(0, {reinterpret_cast<std::uint8_t*>(body.data()), size});
        for (std::size_t sent = 0; sent < size;) {
            const std::string_view left = std::string_view(body).substr(sent);
            const std::size_t before = client_->send_queue_size();
            say(left);
            sent += client_->send_queue_size() - before;
            run_for(kMillisecond);
        }
        run_for(kMillisecond * 50);
    }
    std::size_t longest(link::LinkId link) const {
        std::size_t longest = 0;
        for (const SeenFrame& frame : seen_)
            if (frame.link == link) longest = std::max(longest, frame.bytes.size());
        return longest;
    }
    void expect_nothing_dropped() {
        for (const auto& node : nodes_) {
            EXPECT_EQ(node->counters().value(Counter::DropTcpChecksum), 0U);
            EXPECT_EQ(node->counters().value(Counter::DropForwardMtu), 0U);
            EXPECT_EQ(node->counters().value(Counter::DropLinkMtu), 0U);
            EXPECT_EQ(node->counters().value(Counter::DropHeldFull), 0U);
        }
    }
};

TEST_F(TrainsTest, AnUploadIsServedAsItComes) {
    build_with_trains();
    handshake();
    upload("/bytes/5?verify", 400'000);
    EXPECT_TRUE(received_.starts_with("HTTP/1.1 200")) << received_;
    EXPECT_TRUE(ends_with_content(5));
    EXPECT_GT(longest(link::LinkId::Front), kFrameMax);
    expect_nothing_dropped();
}

TEST_F(TrainsTest, ADownloadLeavesInTrains) {
    build_with_trains();
    handshake();
    request("/bytes/500000");
    run_for(kMillisecond * 50);
    EXPECT_TRUE(ends_with_content(500'000));
    EXPECT_GT(longest(link::LinkId::Front), 10 * kFrameMax);
    expect_nothing_dropped();
}

TEST_F(TrainsTest, WithoutThemEveryFrameFitsTheLink) {
    build(true);
    handshake();
    request("/bytes/500000");
    run_for(kMillisecond * 50);
    EXPECT_TRUE(ends_with_content(500'000));
    EXPECT_LE(longest(link::LinkId::Front), kFrameMax);
}

TEST_F(TrainsTest, WhatIsForwardedIsCutToWhatTheBackLinkCarries) {
    build_with_trains();
    handshake();
    upload("/s2/bytes/5?verify", 400'000);
    EXPECT_TRUE(ends_with_content(5)) << received_;
    EXPECT_GT(longest(link::LinkId::Front), kFrameMax);
    EXPECT_LE(longest(link::LinkId::Back), kFrameMax);
    expect_nothing_dropped();
    const auto forwarded = seen(wire::EncapsulationType::Forwarded);
    EXPECT_GT(forwarded.size(), 400'000U / 1'444);
    for (const SeenFrame& frame : forwarded) {
        const auto view =
            wire::EncapsulationView::parse(frame.ethernet().payload(), wire::ProtocolSet::Extended);
        ASSERT_TRUE(view);
        const auto inner = wire::Ipv4View::parse(view->payload());
        ASSERT_TRUE(inner);
        EXPECT_TRUE(wire::TcpView::parse(*inner));  // complete, as a wire would carry it
    }
}

TEST_F(TrainsTest, AnEndpointThatHasMovedInSendsTrains) {
    build_with_trains();
    handshake();
    request("/s2/bytes/300000");
    run_for(kMillisecond * 50);
    EXPECT_TRUE(ends_with_content(300'000));
    EXPECT_EQ(in(s2(), migrate::Table::ForwardConnect), 1U);
    const auto is_train_of_s2 = [&](const SeenFrame& frame) {
        return frame.ethernet().source() == config_.servers[1].front_mac &&
               frame.unfinished.segment_size > 0;
    };
    EXPECT_TRUE(std::ranges::any_of(seen_, is_train_of_s2));
    expect_nothing_dropped();
}

}  // namespace
}  // namespace shunt::node
