// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.7 and 3.9.1.2 demand of how a stream becomes segments; docs/rfc9293.md names the
// requirements.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

/// The size of the first full packet; with SACK blocks if something has come out of order.
std::size_t full_size(std::uint16_t mss, std::uint16_t mtu, bool has_timestamps, bool has_gap) {
    Peer peer;
    peer.config.mtu = mtu;
    peer.syn_options.mss = mss;
    if (has_timestamps) peer.syn_options.timestamps = {peer.timestamp(), 0};
    peer.establish();
    if (has_gap) peer.give(peer.at(peer.next + 10), "out of order");
    peer.drain();
    peer.send(10'000);
    return peer.drain_packets().at(0).size();
}

TEST(Rfc9293Segmentation, ASegmentIsAsLargeAsPeerAndLinkAllowWithItsOptions) {
    const std::vector<std::uint16_t> sizes = {536, 1'240, 1'241, 1'460, 1'461, 9'000};
    for (const std::uint16_t mss : sizes) {
        for (const bool has_timestamps : {false, true}) {
            for (const bool has_gap : {false, true}) {
                // Options and text share min(MSS, MTU - 40).
                EXPECT_EQ(full_size(mss, 1'280, has_timestamps, has_gap),
                          std::min<std::size_t>(mss, 1'240) + 40);
                EXPECT_EQ(full_size(mss, 1'500, has_timestamps, has_gap),
                          std::min<std::size_t>(mss, 1'460) + 40);
            }
        }
    }
}

TEST(Rfc9293Segmentation, ThePushBitIsOnTheLastQueuedSegmentAlone) {
    Peer peer;
    peer.establish();
    peer.send(3'000);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_FALSE(sent[0].flags.push);
    EXPECT_FALSE(sent[1].flags.push);
    EXPECT_TRUE(sent[2].flags.push);
}

TEST(Rfc9293Segmentation, NothingIsHeldBackForMore) {
    // One octet, with Nagle's algorithm: at once if nothing is out, else with the acknowledgment.
    Peer peer;
    peer.config.no_delay = false;
    peer.establish();
    for (int i = 0; i < 3; ++i) {
        peer.send(1);
        ASSERT_EQ(peer.drain().size(), 1U);
        peer.send(1);
        ASSERT_TRUE(peer.drain().empty());
        peer.give(peer.ack());
        const auto sent = peer.drain();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_TRUE(sent[0].flags.push);
        peer.give(peer.ack());
    }
}

TEST(Rfc9293Segmentation, SeveralCallsMakeFullSegmentsAndOnePush) {
    Peer peer;
    peer.establish();
    for (int i = 0; i < 10; ++i)
        peer.send(292);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].text.size(), 1'460U);
    EXPECT_EQ(sent[1].text.size(), 1'460U);
    EXPECT_FALSE(sent[0].flags.push);
    EXPECT_TRUE(sent[1].flags.push);
}

}  // namespace
}  // namespace shunt::tcp
