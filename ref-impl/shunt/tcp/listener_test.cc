// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/listener.hh"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "shunt/tcp/backlog.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Sent;

constexpr SipKey kCookieKey{7, 8};
constexpr SequenceNumber kClientInitial{0xFFFFFFFFU};

/// A server of the farm that has sent a cookie, and the client's end played by hand.
class ListenerTest : public ::testing::Test {
  protected:
    ListenerTest() {
        syn_.source_port = identity_.remote_port;
        syn_.destination_port = identity_.local_port;
        syn_.sequence = kClientInitial;
        syn_.flags.syn = true;
        syn_.window = 60'000;
        syn_.options.mss = 1'452;
        syn_.options.window_scale = 5;
        syn_.options.sack_permitted = true;
        syn_.options.timestamps = {.value = 77, .echo = 0};
    }

    /// `member` tells servers of the farm apart: each has an own key for its numbers.
    Listener listener(std::uint64_t member = 1) {
        return Listener(config_, {{member, 2}, kCookieKey}, Duration::seconds(1'000'000'000), now_);
    }

    /// A packet of the client; valid until the next one is made.
    wire::TcpView packet(const wire::TcpHeader& header, std::string_view text = {}) {
        packet_ = pool_.take();
        packet_.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        header.prepend_to(packet_, identity_.remote_address, identity_.local_address);
        wire::Ipv4Header internet;
        internet.source = identity_.remote_address;
        internet.destination = identity_.local_address;
        internet.prepend_to(packet_);
        return *wire::TcpView::parse(*wire::Ipv4View::parse(packet_.bytes()));
    }
    Sent cookie_of(Listener& from) {
        Packet out = pool_.take();
        EXPECT_EQ(from.answer_with_cookie(identity_, packet(syn_), now_, out), std::nullopt);
        return *Sent::from(out.bytes());
    }
    /// The client's answer to a SYN/ACK.
    wire::TcpHeader acknowledgment_of(const Sent& syn_ack) {
        wire::TcpHeader header = syn_;
        header.flags = {.acknowledgment = true};
        header.sequence = syn_ack.acknowledgment;
        header.acknowledgment = syn_ack.sequence + 1;
        header.window = 1'000;
        header.options = {};
        if (syn_ack.options.timestamps) {
            header.options.timestamps = {.value = 99, .echo = syn_ack.options.timestamps->value};
        }
        return header;
    }
    /// The next packet of a connection.
    Sent next_of(Connection& connection) {
        Packet out = pool_.take();
        EXPECT_TRUE(connection.poll_transmit(now_, out));
        return *Sent::from(out.bytes());
    }

    Config config_;
    Identity identity_{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9), 4'711};
    Instant now_ = Instant::from_nanoseconds(5'000'000'000);
    PacketPool pool_;
    Packet packet_;
    wire::TcpHeader syn_;
};

TEST_F(ListenerTest, AnswersWithACookieAsItWouldWithARecord) {
    Listener listens = listener();
    const Sent cookie = cookie_of(listens);
    auto accepted = listens.accept(identity_, packet(syn_), now_);
    ASSERT_TRUE(accepted);
    const Sent usual = next_of(*accepted);
    EXPECT_NE(cookie.sequence, usual.sequence);
    ASSERT_TRUE(cookie.options.timestamps);
    EXPECT_LT(usual.options.timestamps->value - cookie.options.timestamps->value, 32U);
    Sent expected = usual;
    expected.sequence = cookie.sequence;
    expected.options.timestamps->value = cookie.options.timestamps->value;
    EXPECT_EQ(cookie, expected);
}

TEST_F(ListenerTest, MakesTheConnectionThatTheCookieRemembers) {
    Listener listens = listener();
    const Sent cookie = cookie_of(listens);
    now_ = now_ + Duration::milliseconds(100);
    const auto answer = packet(acknowledgment_of(cookie), "GET");
    auto connection = listens.open_by_cookie(identity_, answer, now_);
    ASSERT_TRUE(connection);
    EXPECT_EQ(connection->state(), State::SynReceived);
    EXPECT_EQ(connection->handle_segment(answer, now_), std::nullopt);
    EXPECT_EQ(connection->state(), State::Established);
    EXPECT_EQ(connection->initial_send_sequence(), cookie.sequence);
    EXPECT_EQ(connection->initial_receive_sequence(), kClientInitial);
    EXPECT_EQ(connection->receive_queue_size(), 3U);
    const Negotiated& agreed = connection->negotiated();
    EXPECT_EQ(agreed.maximum_segment, 1'440);
    EXPECT_EQ(agreed.send_scale, 5);
    EXPECT_EQ(agreed.receive_scale, config_.window_scale);
    EXPECT_TRUE(agreed.has_scaling() && agreed.has_timestamps() && agreed.sack_permitted);
    // The ACK's window is scaled: 32,000 bytes may go, not 1,000.
    connection->send(std::vector<std::uint8_t>(20'000));
    std::size_t bytes = 0;
    for (Packet out = pool_.take(); connection->poll_transmit(now_, out); out = pool_.take()) {
        const Sent sent = *Sent::from(out.bytes());
        EXPECT_GT(sent.options.timestamps->value - cookie.options.timestamps->value, 99U);
        EXPECT_LT(sent.options.timestamps->value - cookie.options.timestamps->value, 132U);
        EXPECT_EQ(sent.options.timestamps->echo, 99U);
        bytes += sent.text.size();
    }
    EXPECT_GT(bytes, 10'000U);
}

TEST_F(ListenerTest, MeasuresTheRoundTripOfACookie) {
    Listener listens = listener();
    const Sent cookie = cookie_of(listens);
    now_ = now_ + Duration::milliseconds(300);
    const auto answer = packet(acknowledgment_of(cookie));
    auto connection = listens.open_by_cookie(identity_, answer, now_);
    connection->handle_segment(answer, now_);
    // RTO = 3 x the first round trip (RFC 6298 2.2), which the mark makes up to 31 ms longer.
    EXPECT_GE(connection->retransmission_timeout(), Duration::milliseconds(900));
    EXPECT_LE(connection->retransmission_timeout(), Duration::milliseconds(1'000));
}

TEST_F(ListenerTest, TakesTheCookieOfAnotherMember) {
    Listener other = listener(1);
    const Sent cookie = cookie_of(other);
    Listener listens = listener(2);
    now_ = now_ + Duration::milliseconds(100);
    const auto answer = packet(acknowledgment_of(cookie));
    auto connection = listens.open_by_cookie(identity_, answer, now_);
    ASSERT_TRUE(connection);
    connection->handle_segment(answer, now_);
    ASSERT_EQ(connection->state(), State::Established);
    EXPECT_TRUE(connection->negotiated().has_scaling());
    connection->send(std::vector<std::uint8_t>(1));
    // Its clock goes on from what the client has seen, and the wait for an answer is no shorter
    // than without a round trip.
    EXPECT_EQ(next_of(*connection).options.timestamps->value,
              cookie.options.timestamps->value + 1'000);
    EXPECT_GE(connection->retransmission_timeout(), Duration::seconds(1));
}

TEST_F(ListenerTest, OffersAndTakesTheSegmentSizeAloneWithoutTimestamps) {
    syn_.options.timestamps.reset();
    Listener listens = listener();
    const Sent cookie = cookie_of(listens);
    wire::TcpOptions expected;
    expected.mss = config_.advertised_mss;
    EXPECT_EQ(cookie.options, expected);
    const auto answer = packet(acknowledgment_of(cookie));
    auto connection = listens.open_by_cookie(identity_, answer, now_);
    ASSERT_TRUE(connection);
    connection->handle_segment(answer, now_);
    const Negotiated& agreed = connection->negotiated();
    EXPECT_EQ(agreed.maximum_segment, 1'440);
    EXPECT_FALSE(agreed.has_scaling() || agreed.has_timestamps() || agreed.sack_permitted);
}

TEST_F(ListenerTest, SwitchesNoOptionOnThatItDoesNotWant) {
    config_.timestamps = false;
    Listener listens = listener();
    const Sent cookie = cookie_of(listens);
    EXPECT_FALSE(cookie.options.window_scale || cookie.options.timestamps);
    wire::TcpHeader header = acknowledgment_of(cookie);
    header.options.timestamps = {.value = 1, .echo = 0x15};
    const auto connection = listens.open_by_cookie(identity_, packet(header), now_);
    ASSERT_TRUE(connection);
    const Negotiated& agreed = connection->negotiated();
    EXPECT_FALSE(agreed.has_scaling() || agreed.has_timestamps() || agreed.sack_permitted);
}

TEST_F(ListenerTest, OffersNoEcnInACookie) {
    syn_.flags.ecn_echo = syn_.flags.congestion_window_reduced = true;
    Listener listens = listener();
    const wire::TcpFlags flags = cookie_of(listens).flags;
    EXPECT_EQ(flags, (wire::TcpFlags{.syn = true, .acknowledgment = true}));
}

TEST_F(ListenerTest, MakesNothingOutOfWhatIsNoCookie) {
    Listener listens = listener();
    const wire::TcpHeader good = acknowledgment_of(cookie_of(listens));
    const auto opens = [&](const wire::TcpHeader& header) {
        return listens.open_by_cookie(identity_, packet(header), now_).has_value();
    };
    ASSERT_TRUE(opens(good));
    wire::TcpHeader header = good;
    header.acknowledgment = good.acknowledgment + 1;
    EXPECT_FALSE(opens(header));
    header.acknowledgment = good.acknowledgment - 1;
    EXPECT_FALSE(opens(header));
    header = good;
    header.sequence = good.sequence + 1;
    EXPECT_FALSE(opens(header));
    for (const wire::TcpFlags flags : {wire::TcpFlags{},
                                       {.syn = true, .acknowledgment = true},
                                       {.reset = true, .acknowledgment = true}}) {
        header = good;
        header.flags = flags;
        EXPECT_FALSE(opens(header)) << int{flags.to_byte()};
    }
    identity_.remote_port = 4'712;
    EXPECT_FALSE(opens(good));
}

TEST_F(ListenerTest, LooksForCookiesOnlyWhileOneCanBeOut) {
    Listener other = listener(1);
    Listener listens = listener(2);
    const Duration tick = Duration::nanoseconds(1);
    const auto opens = [&] {
        const auto answer = packet(acknowledgment_of(cookie_of(other)));
        return listens.open_by_cookie(identity_, answer, now_).has_value();
    };
    // After a start: who had the address before may have sent some.
    now_ = now_ + SynCookies::kLifetimeMax;
    EXPECT_TRUE(opens());
    now_ = now_ + tick;
    EXPECT_FALSE(opens());
    cookie_of(listens);
    EXPECT_TRUE(opens());
    now_ = now_ + SynCookies::kLifetimeMax + tick;
    EXPECT_FALSE(opens());
}

TEST_F(ListenerTest, AnswersNothingButPlainSyns) {
    Listener listens = listener();
    for (const wire::TcpFlags flags : {wire::TcpFlags{.acknowledgment = true},
                                       {.fin = true, .syn = true},
                                       {.syn = true, .reset = true},
                                       {.syn = true, .acknowledgment = true}}) {
        syn_.flags = flags;
        Packet out = pool_.take();
        EXPECT_EQ(listens.answer_with_cookie(identity_, packet(syn_), now_, out),
                  Counter::DropTcpNotSyn);
        EXPECT_TRUE(out.empty());
    }
}

// RFC 9293 3.6.1, MAY-2.
TEST_F(ListenerTest, BeginsBehindTheNumbersOfTheConnectionBefore) {
    const Listener listens = listener();
    const auto initial = [&](SequenceNumber used) {
        return listens.accept_again(identity_, packet(syn_), used, now_)->initial_send_sequence();
    };
    const SequenceNumber drawn =
        listens.accept(identity_, packet(syn_), now_)->initial_send_sequence();
    EXPECT_EQ(initial(drawn - 1), drawn);
    EXPECT_TRUE(initial(drawn).after(drawn));
    EXPECT_TRUE(initial(drawn + 100'000'000).after(drawn + 100'000'000));
}

TEST(Backlog, HasSoManyPlacesAndTakesThemBack) {
    Backlog backlog(2);
    auto first = backlog.take();
    auto second = backlog.take();
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(backlog.take());
    first.reset();
    auto third = backlog.take();
    EXPECT_TRUE(third);
    EXPECT_EQ(backlog.taken(), 2U);
    {
        const Backlog::Place moved(std::move(*third));
        third.reset();
        EXPECT_EQ(backlog.taken(), 2U) << "a place that was moved is given back once";
    }
    EXPECT_EQ(backlog.taken(), 1U);
}

}  // namespace
}  // namespace shunt::tcp
