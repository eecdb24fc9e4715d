// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/mortal_host.hh"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "shunt/farm/standard_plan.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {
namespace {

// A question that the server answers with one frame.
Packet question(PacketPool& pool, const farm::Server& server) {
    Packet frame = pool.take();
    wire::ArpMessage arp;
    arp.operation = wire::ArpOperation::Request;
    arp.sender_mac = wire::MacAddress({2, 9, 0, 0, 0, 9});
    arp.sender_ip = farm::standard_client_address();
    arp.target_ip = server.services.front();
    arp.prepend_to(frame);
    wire::EthernetHeader{wire::MacAddress::broadcast(), arp.sender_mac, wire::kEtherTypeArp}
        .prepend_to(frame);
    return frame;
}

class Listener final : public EventWatcher {
  public:
    void begins(std::size_t, link::LinkId, ByteView, Instant) override { text += "frame "; }
    void begins(std::size_t, std::string_view cause, Instant) override {
        text += std::string(cause) + " ";
    }
    void sends(std::size_t, const link::OutgoingFrame&) override { text += "sends "; }
    void ends(std::size_t) override { text += "ends "; }

    std::string text;
};

class MortalHostTest : public ::testing::Test {
  protected:
    MortalHostTest() { life_.watcher = &watcher_; }

    std::size_t answers() {
        std::size_t count = 0;
        while (host_.poll_transmit(now_))
            ++count;
        return count;
    }
    void ask() { host_.handle_frame(link::LinkId::Front, question(pool_, plan_.servers[0]), now_); }
    void die_at(std::uint64_t event, Moment moment) {
        life_.deaths.push_back({0, event, moment, Comeback::Never});
    }

    const farm::FarmConfig plan_ = farm::standard_plan(2);
    Instant now_;
    PacketPool pool_;
    Listener watcher_;
    ServerLife life_;
    NodeHost node_{plan_, 1, 1, now_};
    MortalHost host_{node_, life_};
};

TEST_F(MortalHostTest, LivesUntilItIsToldTo) {
    die_at(3, Moment::Before);
    ask();
    EXPECT_EQ(answers(), 1U);
    host_.call("call", now_, [](node::Node&) {});
    EXPECT_EQ(answers(), 0U);
    EXPECT_EQ(watcher_.text, "frame sends ends call ends ");
    EXPECT_FALSE(life_.death);
    EXPECT_FALSE(node_.is_down());
    ask();
    EXPECT_TRUE(life_.death);
    EXPECT_EQ(life_.events, 3U);
}

TEST_F(MortalHostTest, BeforeAnEventItHandlesNothing) {
    die_at(1, Moment::Before);
    bool is_called = false;
    host_.call("call", now_, [&is_called](node::Node&) { is_called = true; });
    EXPECT_FALSE(is_called);
    EXPECT_TRUE(node_.is_down());
}

TEST_F(MortalHostTest, BeforeItsFramesItHasHandledTheEventAndSaysNothing) {
    die_at(1, Moment::State);
    bool is_called = false;
    host_.call("call", now_, [&is_called](node::Node&) { is_called = true; });
    EXPECT_TRUE(is_called);
    EXPECT_TRUE(life_.death);
    EXPECT_TRUE(node_.is_down());
    life_.death.reset();
    die_at(2, Moment::State);
    MortalHost again(node_, life_);
    again.handle_frame(link::LinkId::Front, question(pool_, plan_.servers[0]), now_);
    EXPECT_TRUE(life_.death);
    EXPECT_FALSE(again.poll_transmit(now_));
}

TEST_F(MortalHostTest, BehindItsFramesAllOfThemHaveLeft) {
    die_at(1, Moment::Frames);
    ask();
    EXPECT_FALSE(life_.death);
    EXPECT_EQ(answers(), 1U);
    EXPECT_TRUE(life_.death);
}

TEST_F(MortalHostTest, DeadItIsDeafAndDumb) {
    die_at(1, Moment::Before);
    ask();
    ask();
    host_.handle_deadline(now_);
    host_.call("call", now_, [](node::Node&) { FAIL() << "nobody is there"; });
    EXPECT_EQ(answers(), 0U);
    EXPECT_FALSE(host_.poll_deadline());
    EXPECT_EQ(life_.events, 1U);
}

TEST_F(MortalHostTest, SuccessorGoesOnCounting) {
    die_at(1, Moment::Before);
    ask();
    NodeHost fresh(plan_, 1, 2, now_);
    MortalHost successor(fresh, life_);
    die_at(2, Moment::Frames);
    life_.death.reset();
    successor.handle_deadline(now_);
    EXPECT_FALSE(successor.poll_transmit(now_));
    EXPECT_TRUE(life_.death);
}

}  // namespace
}  // namespace shunt::sim
