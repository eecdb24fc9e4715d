// SPDX-License-Identifier: Apache-2.0
// Connections that move as blobs where channels are lost, servers are cut off from each other, and
// what is said comes late (docs/protocol/blob.md, "What goes wrong, and what then").
#include <gtest/gtest.h>

#include "shunt/ip/icmp_replies.hh"
#include "shunt/node/blob_fixture.hh"
#include "shunt/node/client_errors.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::ControlKind;

class BlobAdversity : public BlobFixture {
  protected:
    static constexpr Duration kSecond = Duration::seconds(1);

    void cut_back_link() {
        loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    }
    /// s2 has a copy that nothing has released: neither commit nor packet came through, and then
    /// nothing at all until it is cut off.
    void cut_off_unreleased() {
        handshake();
        loses_ = [this](const SeenFrame& frame) {
            return frame.link == link::LinkId::Back && in(s1(), Table::Forward) == 1;
        };
        request("/s2/bytes/10");
        run_for(Duration::milliseconds(5'500));
        ASSERT_EQ(in(s1(), Table::Forward), 1U);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
        ASSERT_EQ(count(s2(), Counter::CopyReleased), 0U);
    }
    void hand_to(std::size_t server, const SeenFrame& frame) {
        nodes_[server - 1]->handle_frame(frame.link, pool_.copy(frame.bytes), now_);
    }
    /// s2 owns a connection, in the middle of a response.
    void arrive_in_use() {
        handshake();
        request("/bytes/3000000");
        run_for(Duration::microseconds(10));
        ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
        run_for(kMillisecond);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    }
};

/// EP-33: while the home may take its host for dead nothing of the home lets anything act there.
TEST_F(BlobAdversity, APacketReleasesNothingWhereItsHostIsCutOff) {
    cut_off_unreleased();
    ASSERT_FALSE(rewritten().empty());
    const std::uint64_t dropped = count(s2(), Counter::DropFrameCutOff);
    hand_to(2, rewritten().back());
    EXPECT_EQ(count(s2(), Counter::CopyReleased), 0U);
    EXPECT_EQ(count(s2(), Counter::DropFrameCutOff), dropped + 1);
}

/// BL-14: the commit came by a new channel while its host was cut off still, which did not listen.
/// Who has opened the channel hears its home's pong last: so the host is s1 here.
TEST_F(BlobAdversity, ACommitThatNobodyListenedToGoesAgain) {
    home_ = 1;
    handshake();
    loses_ = [this](const SeenFrame& frame) {
        return frame.link == link::LinkId::Back && in(s2(), Table::Forward) == 1;
    };
    ASSERT_TRUE(s2().migrate(tuple_, "s1", now_));
    run_for(Duration::milliseconds(5'500));
    ASSERT_EQ(count(s1(), Counter::CopyReleased), 0U);
    client_.reset();  // it is silent: no packet of its own releases the host
    mend_back_link();
    run_for(kSecond * 4);
    ASSERT_EQ(in(s2(), Table::Forward), 1U) << "its host was not taken for dead";
    EXPECT_EQ(count(s1(), Counter::DropFrameCutOff), 1U);
    EXPECT_EQ(count(s1(), Counter::CopyReleased), 0U);
    run_for(kSecond * 6);
    EXPECT_EQ(count(s1(), Counter::CopyReleased), 1U);
    const std::size_t commits = seen_of_kind(ControlKind::Commit);
    run_for(kSecond * 15);
    EXPECT_EQ(seen_of_kind(ControlKind::Commit), commits) << "it was answered";
}

/// A host keeps early packets for 50 ms and says then that it knows nothing of them. If the blob
/// comes behind that, its answer does so too: what was said before is of before.
TEST_F(BlobAdversity, WhatWasUnknownBeforeTheBlobEndsNothing) {
    build_blob(true);
    handshake();
    const Instant blob_arrives = now_ + Duration::milliseconds(70);
    // What was said first comes again, behind what was said next: both are read at once.
    bool has_answered = false;
    loses_ = [&, this](const SeenFrame& frame) {
        if (channel_bytes(frame) && is_from(frame, 1)) return now_ < blob_arrives;
        has_answered = has_answered || brings(frame, ControlKind::BlobAcknowledgement);
        return brings(frame, ControlKind::FlowUnknown) && !has_answered;
    };
    request("/s2/bytes/100000");
    run_for(kSecond * 3);
    EXPECT_GE(count(s2(), Counter::DropRewrittenUnknown), 1U) << "it has said that it is unknown";
    EXPECT_TRUE(ends_with_content(100'000));
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

/// EP-33: an eager blob does not begin where its host is cut off; the commit behind its answer
/// does.
TEST_F(BlobAdversity, AnEagerBlobAtACutOffHostBeginsWithACommit) {
    build_blob(true);
    home_ = 1;  // as above; the blob comes before the pong of the new channel
    handshake();
    cut_back_link();
    run_for(Duration::milliseconds(5'200));
    bool is_waiting = true;
    loses_ = [&](const SeenFrame& frame) {
        return is_waiting && is_from(frame, 1) && brings(frame, ControlKind::Ping);
    };
    while (now_ < Instant() + kSecond * 10 && !s2().migrate(tuple_, "s1", now_))
        run_for(kMillisecond);
    run_for(kMillisecond * 10);
    ASSERT_EQ(in(s1(), Table::ForwardConnect), 1U);
    EXPECT_EQ(count(s1(), Counter::CopyReleased), 0U);
    is_waiting = false;
    client_.reset();
    run_for(kSecond * 12);
    EXPECT_EQ(count(s1(), Counter::CopyReleased), 1U);
    EXPECT_EQ(in(s2(), Table::Forward), 1U);
}

/// EP-33 by BL-16: what a suspended owner has said is lost with its channel, and goes by the next.
TEST_F(BlobAdversity, ASuspendedOwnerAsksByEveryNewChannel) {
    arrive_at_s2();
    cut_back_link();
    run_for(Duration::milliseconds(5'050));
    bool has_asked = false;
    loses_ = [&](const SeenFrame& frame) {
        if (brings(frame, ControlKind::BlobAcknowledgement)) has_asked = true;
        return frame.link == link::LinkId::Back && has_asked;
    };
    run_for(kSecond * 3);
    ASSERT_TRUE(has_asked);
    run_for(kMillisecond * 1'500);
    mend_back_link();
    run_for(kSecond * 6);
    ASSERT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_TRUE(is_served_by("s2"));
}

TEST_F(BlobAdversity, FramesOfTheOtherProfileSayNothingOfABlobsPort) {
    arrive_at_s2();
    auto& tables = const_cast<migrate::ConnectionTables&>(s2().connection_tables());
    const auto& there = *tables.at(*tables.find(tuple_)).as<migrate::ForwardConnectEndpoint>();
    Packet packet = pool_.take();
    wire::MigrationCopy{there.id, there.copy}.append_to(packet);
    wire::EncapsulationHeader header;
    header.source = tuple_.client;
    header.source_port = tuple_.client_port;
    header.destination = config_.servers[1].forward_ips[0];
    header.destination_port = tuple_.service_port;
    header.type = wire::EncapsulationType::Release;
    header.prepend_to(packet);
    wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac,
                         wire::kEtherTypeEncapsulation}
        .prepend_to(packet);
    s2().handle_frame(link::LinkId::Back, std::move(packet), now_);
    EXPECT_EQ(count(s2(), Counter::DropEncapsulationPayload), 1U);
    EXPECT_TRUE(is_served_by("s2"));
}

/// BL-16: by 0x16; however many a client causes, the channel has room for what is urgent.
TEST_F(BlobAdversity, ErrorsAboutWhatHasMovedGoByTheChannelAtABoundedRate) {
    arrive_in_use();
    seen_.clear();
    constexpr std::uint64_t kErrors = 500;
    constexpr std::uint64_t kBurst = ip::IcmpReplies::kBurst;
    constexpr wire::IcmpHeader kTooLong{wire::IcmpType::DestinationUnreachable,
                                        wire::kIcmpFragmentationNeeded, 0, 1'000};
    for (std::uint64_t i = 0; i < kErrors; ++i)
        inject_from_client(error_about(pool_.take(), tuple_, kTooLong, SequenceNumber(0)));
    EXPECT_EQ(count(s1(), Counter::DropControlMove), kErrors - kBurst);
    run_for(kMillisecond);
    EXPECT_EQ(count(s2(), Counter::DropIcmpSequence), kBurst);
    run_for(kSecond);
    EXPECT_TRUE(ends_with_content(3'000'000));
}

/// EP-27: what was under way to a host whose connection has gone back follows it.
TEST_F(BlobAdversity, PacketsBehindAReturnAreSentBack) {
    arrive_at_s2();
    const SeenFrame late = rewritten().back();
    ASSERT_TRUE(s2().migrate(tuple_, "s1", now_));
    run_for(kMillisecond);
    ASSERT_EQ(in(s1(), Table::Temporary) + in(s1(), Table::Local), 1U);
    seen_.clear();
    hand_to(2, late);
    run_for(kMillisecond);
    ASSERT_EQ(rewritten().size(), 1U);
    EXPECT_TRUE(is_from(rewritten().front(), 2));
    EXPECT_EQ(count(s1(), Counter::DropRewrittenUnknown), 0U);
    EXPECT_TRUE(is_served_by("s1"));
}

}  // namespace
}  // namespace shunt::node
