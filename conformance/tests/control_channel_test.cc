// SPDX-License-Identifier: Apache-2.0
/// The judge's own control channel, between two servers that it plays both: what cases rely on.
#include "roles/control_channel.hh"

#include <gtest/gtest.h>

#include <deque>

#include "plan.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

/// Everything that is sent comes back 1 ms later, but for so many of 100 frames.
class Loopback : public Attachment {
  public:
    explicit Loopback(std::uint32_t lost_percent) : lost_percent_(lost_percent) {}

    Time now() const override { return now_; }
    void send(Link link, ByteView frame) override {
        if (random_.below(100) < lost_percent_) return;
        queue_.push_back({now_ + milliseconds(1), {link, {frame.begin(), frame.end()}}});
    }
    std::vector<LinkFrame> progress(Time until) override {
        if (queue_.empty() || queue_.front().first > until) {
            now_ = std::max(now_, until);
            return {};
        }
        now_ = std::max(now_, queue_.front().first);
        std::vector<LinkFrame> frames{std::move(queue_.front().second)};
        queue_.pop_front();
        return frames;
    }

  private:
    std::uint32_t lost_percent_;
    Random random_{3, "loss"};
    Time now_{0};
    std::deque<std::pair<Time, LinkFrame>> queue_;
};

/// Servers 1 and 2 of the plan, and a test that runs as a case does.
class ChannelTest : public testing::Test {
  protected:
    template <class Body>
    void play(Body body, std::uint32_t lost_percent = 0) {
        Loopback loopback(lost_percent);
        Wire wire(loopback, iut_, [](const Frame&) { return true; });
        Random random(7, "channel");
        const auto report = [this](Finding finding) { findings_.push_back(std::move(finding)); };
        const ServerAddresses& first = iut_.device;
        const ServerAddresses& second = iut_.peers.front();
        const std::uint32_t profiles = control_profile::kEndpoint | control_profile::kExtensions;
        ControlChannel one(wire, first, second, profiles, state_of(first), random, report);
        ControlChannel two(wire, second, first, profiles, state_of(second), random, report);
        wire.scheduler().spawn_beside(one.run());
        wire.scheduler().spawn_beside(two.run());
        wire.scheduler().spawn(body(wire, one, two));
        wire.scheduler().run();
    }

    static ServerState state_of(const ServerAddresses& server) {
        ServerState state;
        state.server = server.id;
        state.memory = 5;
        state.listening.push_back({{server.service.front(), 80}, 9});
        return state;
    }

    Iut iut_ = tests::standard_iut(true);
    std::vector<Finding> findings_;
};

TEST_F(ChannelTest, BothGreetAndTellTheirStateEverySecond) {
    play([](Wire& wire, ControlChannel& one, ControlChannel& two) -> Task<> {
        EXPECT_TRUE(co_await one.wait_until_ready(milliseconds(1'000)));
        EXPECT_TRUE(co_await two.wait_until_ready(milliseconds(1'000)));
        EXPECT_EQ(one.greeting()->server, 2U);
        EXPECT_EQ(two.greeting()->name, "s1");
        two.forget_received();
        for (int i = 0; i < 3; ++i) {
            const ReceivedControlFrame received =
                co_await two.expect("SEL-6", control_kind::kServerState, milliseconds(1'000));
            const std::optional<ServerState> state = parse_server_state(received.content.body);
            EXPECT_EQ(state.value().server, 1U);
            EXPECT_EQ(state.value().listening.front().process, 9U);
        }
        EXPECT_LE(wire.now(), milliseconds(4'000));
    });
    EXPECT_TRUE(findings_.empty());
}

TEST_F(ChannelTest, CarriesLongFramesThroughLoss) {
    for (const std::uint32_t lost_percent : {0U, 5U, 20U}) {
        play(
            [](Wire&, ControlChannel& one, ControlChannel& two) -> Task<> {
                EXPECT_TRUE(co_await one.wait_until_ready(milliseconds(9'000)));
                EXPECT_TRUE(co_await two.wait_until_ready(milliseconds(9'000)));
                const Bytes body = to_bytes(std::string(20'000, 'x'));
                one.send({0x77, 41, body});
                const ReceivedControlFrame received =
                    co_await two.expect("CTL-4", 0x77, milliseconds(60'000));
                EXPECT_EQ(received.content.body, body);
                EXPECT_EQ(received.content.transaction, 41U);
            },
            lost_percent);
    }
    EXPECT_TRUE(findings_.empty());
}

TEST_F(ChannelTest, ThePingIsAnsweredWithItsTransaction) {
    play([](Wire&, ControlChannel& one, ControlChannel& two) -> Task<> {
        co_await one.wait_until_ready(milliseconds(1'000));
        one.send({control_kind::kPing, 0x1122334455667788});
        const ReceivedControlFrame pong =
            co_await one.expect("CTL-3", control_kind::kPong, milliseconds(100));
        EXPECT_EQ(pong.content.transaction, 0x1122334455667788U);
        two.behave({.answers_pings = false});
        one.send({control_kind::kPing, 1});
        EXPECT_THROW(co_await one.expect("CTL-3", control_kind::kPong, milliseconds(100)),
                     Violation);
    });
}

TEST_F(ChannelTest, ACutIsALossAfterThreeSecondsAndMends) {
    play([](Wire& wire, ControlChannel& one, ControlChannel& two) -> Task<> {
        co_await one.wait_until_ready(milliseconds(1'000));
        const Time cut_at = wire.now();
        one.cut();
        co_await two.expect_loss("CTL-3", "after a cut", milliseconds(4'500));
        EXPECT_GE(wire.now() - cut_at, milliseconds(2'000));
        one.mend();
        EXPECT_TRUE(co_await two.wait_until_ready(milliseconds(5'000)));
    });
}

TEST_F(ChannelTest, ARestartIsSeenByTheBootNumber) {
    play([](Wire& wire, ControlChannel& one, ControlChannel& two) -> Task<> {
        co_await two.wait_until_ready(milliseconds(1'000));
        const std::uint64_t boot = two.greeting()->boot;
        one.restart();
        co_await wire.scheduler().sleep(milliseconds(500));
        EXPECT_TRUE(co_await two.wait_until_ready(milliseconds(5'000)));
        EXPECT_NE(two.greeting()->boot, boot);
    });
}

TEST_F(ChannelTest, OfTwoConnectionsTheOneOfTheLowerIdStays) {
    play([](Wire&, ControlChannel& one, ControlChannel& two) -> Task<> {
        co_await one.wait_until_ready(milliseconds(1'000));
        two.open_another();
        one.forget_received();
        co_await one.receive(milliseconds(500));
        // Both still speak over the same one.
        two.send({0x55, 1});
        one.send({0x66, 2});
        co_await one.expect("CTL-1", 0x55, milliseconds(100));
        co_await two.expect("CTL-1", 0x66, milliseconds(100));
    });
    EXPECT_TRUE(findings_.empty());
}

TEST_F(ChannelTest, ABrokenFrameClosesAndIsReported) {
    play([](Wire&, ControlChannel& one, ControlChannel& two) -> Task<> {
        co_await two.wait_until_ready(milliseconds(1'000));
        one.send_bytes(from_hex("0000000b 01"));
        co_await two.expect_loss("CTL-5", "after a length of 11", milliseconds(100));
    });
    ASSERT_EQ(findings_.size(), 1U);
    EXPECT_EQ(findings_.front().requirement, "CTL-5");
}

TEST(ControlFrames, RefuseBodiesOfAnotherSize) {
    const Bytes state = encode(ServerState{1, 2, 3, 4, 5, {{{{6}, 7}, 8}}});
    ASSERT_TRUE(parse_server_state(state));
    const Bytes hello = encode(Hello{1, 2, 3, "s1"});
    ASSERT_TRUE(parse_hello(hello));
    for (std::size_t size = 0; size < state.size(); ++size)
        EXPECT_FALSE(parse_server_state(ByteView(state).first(size))) << size;
    for (std::size_t size = 0; size < hello.size(); ++size)
        EXPECT_FALSE(parse_hello(ByteView(hello).first(size))) << size;
}

TEST(ControlFrames, AreLaidOutAsThePageSays) {
    EXPECT_EQ(to_hex(encode(ControlFrame{0x03, 0x0102030405060708})),
              "0000000c0103000001020304"
              "05060708");
    EXPECT_EQ(to_hex(encode(Hello{1, 0x0203, 9, "s1"})),
              "00000001"
              "0000000000000203"
              "00000009"
              "027331");
    EXPECT_EQ(to_hex(encode(ServerState{1, 2, 3, 4, 5, {{{{0x0A070101}, 80}, 6}}})),
              "00000001"
              "00000002"
              "0003"
              "0000000000000004"
              "0000000000000005"
              "0001"
              "0a070101"
              "0050"
              "00000006"
              "0000");
}

}  // namespace
}  // namespace conform
