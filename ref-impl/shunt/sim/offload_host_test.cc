// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/offload_host.hh"

#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "shunt/sim/scenarios/move_faults.hh"
#include "shunt/sim/scenarios/move_once.hh"
#include "shunt/sim/scenarios/tcp_pair.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr Instant kStart = Instant::from_nanoseconds(1'000);

/// Sends what it is told to and keeps what it gets.
class Recorder final : public Host {
  public:
    void handle_frame(link::LinkId, Packet frame, Instant) override {
        received.push_back(std::move(frame));
    }
    void handle_deadline(Instant) override { deadline.reset(); }
    std::optional<link::OutgoingFrame> poll_transmit(Instant) override {
        if (to_send.empty()) return std::nullopt;
        Packet frame = std::move(to_send.front());
        to_send.pop_front();
        return link::OutgoingFrame{link::LinkId::Front, std::move(frame)};
    }
    std::optional<Instant> poll_deadline() const override { return deadline; }

    std::vector<Packet> received;
    std::deque<Packet> to_send;
    std::optional<Instant> deadline;
};

class OffloadHostTest : public ::testing::Test {
  protected:
    Packet frame(std::size_t length, const Unfinished& unfinished, std::uint32_t sequence = 0,
                 std::uint16_t identification = 0) {
        Packet packet = pool_.take_large();
        for (std::uint8_t& byte : packet.append(length))
            byte = 0x5A;
        wire::TcpHeader tcp;
        tcp.sequence = SequenceNumber(sequence);
        tcp.flags.acknowledgment = true;
        const wire::Ipv4Address source(10, 7, 0, 9);
        const wire::Ipv4Address destination(10, 7, 1, 1);
        tcp.prepend_to(
            packet, source, destination,
            unfinished.checksum ? wire::ChecksumField::Partial : wire::ChecksumField::Complete);
        wire::Ipv4Header ip;
        ip.identification = identification;
        ip.source = source;
        ip.destination = destination;
        ip.prepend_to(packet);
        wire::EthernetHeader{{}, {}, wire::kEtherTypeIpv4}.prepend_to(packet);
        packet.set_unfinished(unfinished);
        return packet;
    }

    PacketPool pool_;
    Recorder host_;
    OffloadHost card_{host_, pool_};
};

TEST_F(OffloadHostTest, CutsWhatTheHostSends) {
    host_.to_send.push_back(frame(2'500, {.checksum = true, .segment_size = 1'000}));
    host_.to_send.push_back(frame(10, {}));
    std::vector<std::size_t> sizes;
    while (const auto sent = card_.poll_transmit(kStart)) {
        EXPECT_FALSE(sent->frame.unfinished().any());
        sizes.push_back(sent->frame.size());
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1'054, 1'054, 554, 64}));
}

TEST_F(OffloadHostTest, JoinsWhatComesWithinItsWait) {
    card_.handle_frame(link::LinkId::Front, frame(1'000, {}, 0, 0), kStart);
    card_.handle_frame(link::LinkId::Front, frame(1'000, {}, 1'000, 1), kStart);
    EXPECT_TRUE(host_.received.empty());
    const auto deadline = card_.poll_deadline();
    ASSERT_TRUE(deadline);
    card_.handle_deadline(*deadline);
    ASSERT_EQ(host_.received.size(), 1U);
    EXPECT_EQ(host_.received[0].unfinished().segment_size, 1'000U);
    EXPECT_EQ(host_.received[0].size(), 54 + 2'000U);
    EXPECT_FALSE(card_.poll_deadline());
}

TEST_F(OffloadHostTest, KeepsTheOrder) {
    card_.handle_frame(link::LinkId::Front, frame(1'000, {}, 0, 0), kStart);
    card_.handle_frame(link::LinkId::Front, frame(1'000, {}, 5'000, 1), kStart);
    ASSERT_EQ(host_.received.size(), 1U);
    card_.handle_frame(link::LinkId::Back, frame(10, {}), kStart);  // joined on the front alone
    ASSERT_EQ(host_.received.size(), 2U);
    card_.handle_frame(link::LinkId::Front, frame(0, {}, 6'000, 2), kStart);
    ASSERT_EQ(host_.received.size(), 4U);
    EXPECT_EQ(host_.received[3].size(), 54U);
}

TEST_F(OffloadHostTest, TheHostsOwnDeadlineStaysItsOwn) {
    host_.deadline = kStart + Duration::seconds(1);
    card_.handle_frame(link::LinkId::Front, frame(1'000, {}, 0, 0), kStart);
    card_.handle_deadline(*card_.poll_deadline());
    EXPECT_TRUE(host_.deadline);
    EXPECT_EQ(card_.poll_deadline(), host_.deadline);
    card_.handle_deadline(*host_.deadline);
    EXPECT_FALSE(card_.poll_deadline());
}

TEST(OffloadWorlds, NoCheckerFindsAnything) {
    ScenarioOptions options;
    options.has_offload = true;
    for (options.seed = 1; options.seed <= 100; ++options.seed)
        EXPECT_EQ(tcp_pair(options).violation_count, 0U) << options.seed;
    options.connections = 100;
    for (options.seed = 1; options.seed <= 4; ++options.seed) {
        EXPECT_EQ(move_once_extended(options).violation_count, 0U) << options.seed;
        EXPECT_EQ(move_faults_extended(options).violation_count, 0U) << options.seed;
    }
}

}  // namespace
}  // namespace shunt::sim
