// SPDX-License-Identifier: Apache-2.0
// D-SACK as a receiver sends it (RFC 2883 4), by the examples of its section 4.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

constexpr SequenceNumber kFirst = Peer::kPeerInitial + 1;

/// Two octets each, named by the offset of the first.
wire::SackBlock block(std::uint32_t begin, std::uint32_t end) {
    return {kFirst + begin, kFirst + end};
}

struct Scene {
    Scene() { peer.establish(); }
    /// Text at `offset` of the peer's stream; returns the blocks of the acknowledgment.
    std::vector<wire::SackBlock> give(std::uint32_t offset, std::string_view text) {
        peer.give(peer.at(kFirst + offset), text);
        const auto sent = peer.drain();
        if (sent.empty()) return {};
        EXPECT_EQ(sent.size(), 1U);
        const auto blocks = sent.front().options.sack_blocks();
        return {blocks.begin(), blocks.end()};
    }

    Peer peer;
};

using Blocks = std::vector<wire::SackBlock>;

TEST(DuplicateReport, NamesASegmentThatIsThereAlreadyOnce) {
    Scene scene;
    scene.give(0, "abcd");
    EXPECT_EQ(scene.give(0, "abcd"), (Blocks{block(0, 4)}));
    EXPECT_EQ(scene.give(6, "g"), (Blocks{block(6, 7)})) << "it is said once";
}

TEST(DuplicateReport, NamesThePartThatIsThereAlready) {
    Scene scene;
    scene.give(0, "abcd");
    scene.peer.pass(Duration::seconds(1));
    scene.peer.drain();
    scene.peer.give(scene.peer.at(kFirst + 2), "cdef");
    scene.peer.pass(Duration::seconds(1));
    const auto sent = scene.peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    ASSERT_EQ(sent[0].options.sack_blocks().size(), 1U);
    EXPECT_EQ(sent[0].options.sack_blocks()[0], block(2, 4));
    EXPECT_EQ(sent[0].acknowledgment, kFirst + 6);
}

TEST(DuplicateReport, ComesBeforeTheBlockThatItLiesIn) {
    Scene scene;
    scene.give(2, "cd");
    scene.give(8, "ij");
    EXPECT_EQ(scene.give(4, "ef"), (Blocks{block(2, 6), block(8, 10)}));
    EXPECT_EQ(scene.give(4, "ef"), (Blocks{block(4, 6), block(2, 6), block(8, 10)}));
}

TEST(DuplicateReport, OfSeveralPartsNamesTheFirst) {
    Scene scene;
    scene.give(2, "cd");
    scene.give(6, "gh");
    EXPECT_EQ(scene.give(2, "cdefgh"), (Blocks{block(2, 4), block(2, 8)}));
    Scene other;
    other.give(4, "ef");
    EXPECT_EQ(other.give(2, "cdefgh"), (Blocks{block(4, 6), block(2, 8)}));
}

TEST(DuplicateReport, NamesAFinThatComesTwice) {
    Scene scene;
    wire::TcpHeader fin = scene.peer.at(kFirst);
    fin.flags.fin = true;
    scene.peer.give(fin);
    scene.peer.drain();
    scene.peer.give(fin);
    const auto sent = scene.peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    ASSERT_EQ(sent[0].options.sack_blocks().size(), 1U);
    EXPECT_EQ(sent[0].options.sack_blocks()[0], block(0, 1));
}

TEST(DuplicateReport, IsNotForAPeerWithoutSack) {
    Scene scene;
    Peer peer;
    peer.syn_options.sack_permitted = false;
    peer.establish();
    peer.give_next("abcd");
    peer.drain();
    peer.give(peer.at(kFirst), "abcd");
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].options.sack_blocks().empty());
}

}  // namespace
}  // namespace shunt::tcp
