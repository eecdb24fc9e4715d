// SPDX-License-Identifier: Apache-2.0
// What ICMP errors do to a connection (TCP-13), in every state that matters.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/tcp/icmp_error.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;
using testing::Sent;

IcmpError unreachable(std::uint8_t code, SequenceNumber sequence) {
    IcmpError error;
    error.code = code;
    error.sequence = sequence;
    return error;
}

IcmpError too_long(std::uint16_t next_hop_mtu, SequenceNumber sequence,
                   std::uint16_t quoted_length = 1'500) {
    IcmpError error = unreachable(wire::kIcmpFragmentationNeeded, sequence);
    error.next_hop_mtu = next_hop_mtu;
    error.quoted_length = quoted_length;
    return error;
}

/// An established connection with 5,000 octets in flight.
class IcmpErrors : public ::testing::Test {
  protected:
    IcmpErrors() {
        peer_.syn_options.timestamps.reset();
        peer_.establish();
        peer_.send(5'000);
        sent_ = peer_.drain();
    }
    Connection& connection() { return *peer_.connection; }
    SequenceNumber first() { return connection().send_unacknowledged(); }

    Peer peer_;
    std::vector<Sent> sent_;
};

TEST_F(IcmpErrors, CountOnlyIfTheyQuoteWhatIsInFlight) {
    const SequenceNumber end = first() + 5'000;
    EXPECT_EQ(connection().handle_icmp(too_long(1'000, first() - 1)), Counter::DropIcmpSequence);
    EXPECT_EQ(connection().handle_icmp(too_long(1'000, end)), Counter::DropIcmpSequence);
    EXPECT_EQ(connection().path_mtu(), 1'500);
    EXPECT_EQ(connection().handle_icmp(too_long(1'400, end - 1)), std::nullopt);
    EXPECT_EQ(connection().handle_icmp(too_long(1'000, first())), std::nullopt);
    EXPECT_EQ(connection().path_mtu(), 1'000);
}

TEST_F(IcmpErrors, EndNoConnectionThatIsEstablished) {
    for (std::uint8_t code = 0; code < 16; ++code) {
        if (code == wire::kIcmpFragmentationNeeded) continue;
        EXPECT_EQ(connection().handle_icmp(unreachable(code, first())), std::nullopt);
    }
    for (const auto type : {wire::IcmpType::TimeExceeded, wire::IcmpType::ParameterProblem}) {
        IcmpError error = unreachable(0, first());
        error.type = type;
        EXPECT_EQ(connection().handle_icmp(error), std::nullopt);
    }
    EXPECT_EQ(connection().state(), State::Established);
    EXPECT_EQ(peer_.events(), (std::vector{Event::Established, Event::Unreachable}));
    EXPECT_TRUE(peer_.drain().empty());
    EXPECT_EQ(peer_.give(peer_.ack()), std::nullopt);
    EXPECT_EQ(connection().send_queue_size(), 0U);
}

TEST(IcmpErrorsBeforeTheHandshake, EndItIfNobodyIsThere) {
    const Config config;
    const Identity identity{wire::Ipv4Address(10, 7, 0, 9), 4'711, wire::Ipv4Address(10, 7, 1, 1),
                            80};
    const Instant now = Instant::from_nanoseconds(1'000'000'000);
    PacketPool pool;
    for (std::uint8_t code = 0; code < 16; ++code) {
        auto opened = Connection::connect(config, identity, {SequenceNumber(1'000), 0}, now);
        Connection& connection = *opened;
        Packet syn = pool.take();
        ASSERT_TRUE(connection.poll_transmit(now, syn));
        // 1,001 is not in flight: nothing but a guess.
        connection.handle_icmp(unreachable(code, SequenceNumber(1'001)));
        EXPECT_EQ(connection.state(), State::SynSent);
        connection.handle_icmp(unreachable(code, SequenceNumber(1'000)));
        const bool is_hard =
            code == wire::kIcmpProtocolUnreachable || code == wire::kIcmpPortUnreachable;
        EXPECT_EQ(connection.is_closed(), is_hard) << int{code};
    }
}

TEST_F(IcmpErrors, AboutLengthMakeSegmentsSmallerAndSendWhatWasLostAgain) {
    ASSERT_EQ(sent_.front().text.size(), 1'460U);
    const std::uint32_t window = connection().congestion_window();
    ASSERT_EQ(connection().handle_icmp(too_long(1'000, first())), std::nullopt);
    EXPECT_EQ(connection().congestion_window(), window) << "it was not congestion";
    std::uint32_t heard = 0;
    for (int round = 0; round < 20 && connection().send_queue_size() > 0; ++round) {
        for (const Sent& sent : peer_.drain()) {
            EXPECT_LE(sent.text.size(), 960U);
            const std::uint32_t end = sent.sequence + static_cast<std::uint32_t>(sent.text.size()) -
                                      (Peer::kOurInitial + 1);
            if (sent.sequence - (Peer::kOurInitial + 1) <= heard) heard = std::max(heard, end);
        }
        wire::TcpHeader ack = peer_.ack();
        ack.acknowledgment = Peer::kOurInitial + 1 + heard;
        peer_.give(ack);
    }
    EXPECT_EQ(heard, 5'000U) << "without waiting for a timeout";
}

TEST_F(IcmpErrors, AboutLengthAreTakenDownToTheFloor) {
    for (const std::uint16_t mtu : std::vector<std::uint16_t>{1, 67, 68, 551}) {
        Peer peer;
        peer.establish();
        peer.send(1'000);
        peer.drain();
        const SequenceNumber sequence = peer.connection->send_unacknowledged();
        EXPECT_EQ(peer.connection->handle_icmp(too_long(mtu, sequence)), std::nullopt);
        EXPECT_EQ(peer.connection->path_mtu(), 552) << mtu;
    }
    ASSERT_EQ(connection().handle_icmp(too_long(553, first())), std::nullopt);
    EXPECT_EQ(connection().path_mtu(), 553);
}

// A way that carries even less has to fragment what comes.
TEST_F(IcmpErrors, AtTheFloorPacketsMayBeFragmented) {
    const auto forbids_fragments = [&] {
        Packet out = peer_.pool.take();
        EXPECT_TRUE(connection().poll_transmit(peer_.now, out));
        return wire::Ipv4View::parse(out.bytes())->dont_fragment();
    };
    ASSERT_EQ(connection().handle_icmp(too_long(553, first())), std::nullopt);
    EXPECT_TRUE(forbids_fragments());
    ASSERT_EQ(connection().handle_icmp(too_long(68, first())), std::nullopt);
    EXPECT_FALSE(forbids_fragments());
}

TEST_F(IcmpErrors, OfOldRoutersAreReadByWhatTheyQuote) {
    ASSERT_EQ(connection().handle_icmp(too_long(0, first(), 1'500)), std::nullopt);
    EXPECT_EQ(connection().path_mtu(), 1'492);
    ASSERT_EQ(connection().handle_icmp(too_long(0, first(), 1'492)), std::nullopt);
    EXPECT_EQ(connection().path_mtu(), 1'006);
    ASSERT_EQ(connection().handle_icmp(too_long(0, first(), 0)), std::nullopt);
    EXPECT_EQ(connection().path_mtu(), 552);
}

TEST_F(IcmpErrors, AboutLengthNeverMakeSegmentsLarger) {
    for (const std::uint16_t mtu : std::vector<std::uint16_t>{1'500, 1'501, 65'535}) {
        EXPECT_EQ(connection().handle_icmp(too_long(mtu, first())), Counter::DropIcmpMtu);
    }
    ASSERT_EQ(connection().handle_icmp(too_long(1'000, first())), std::nullopt);
    EXPECT_EQ(connection().handle_icmp(too_long(1'000, first())), Counter::DropIcmpMtu);
    EXPECT_EQ(connection().handle_icmp(too_long(1'001, first())), Counter::DropIcmpMtu);
    connection().limit_path_mtu(1'400);
    EXPECT_EQ(connection().path_mtu(), 1'000);
}

}  // namespace
}  // namespace shunt::tcp
