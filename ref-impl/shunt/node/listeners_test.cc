// SPDX-License-Identifier: Apache-2.0
// Listeners that an operator closes while connections that came by them are not served yet (SEL-4),
// and those that he opens at another server (SEL-3).
#include "shunt/node/farm_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class ClosedListener : public FarmFixture {
  protected:
    void close_listener_of(const std::string& server) {
        for (farm::Listen& listen : config_.listens)
            if (listen.server == server && listen.port == 80) listen.is_open = false;
    }
    void lose(EncapsulationType type) {
        loses_ = [type](const SeenFrame& frame) { return frame.is(type); };
    }
    void lose_nothing() {
        loses_ = [](const SeenFrame&) { return false; };
    }
    static std::uint64_t unserved(const Node& node) {
        return node.counters().value(Counter::ConnectionUnserved);
    }
    static constexpr Duration kSecond = Duration::seconds(1);
};

TEST_F(ClosedListener, TheLastOneIsClosedWhileAClientIsSilent) {
    build(false);
    handshake();
    close_listener_of("s1");
    close_listener_of("s2");
    run_for(kSecond * 4);
    EXPECT_EQ(unserved(s1()), 1U);
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset";
}

TEST_F(ClosedListener, TheLastOneIsClosedBeforeTheHandshakeIsOver) {
    build(false);
    connect();
    int lost = 0;
    loses_ = [&](const SeenFrame& frame) {  // the first SYN/ACK
        return frame.link == link::LinkId::Front && frame.ethernet().destination() == kClientMac &&
               lost++ == 0;
    };
    run_for(kMillisecond);
    close_listener_of("s1");
    close_listener_of("s2");
    run_for(kSecond * 10);
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
    EXPECT_EQ(client_->state(), tcp::State::Closed);
}

TEST_F(ClosedListener, TheTargetsIsClosedBeforeTheRelease) {
    build(true);
    handshake();
    lose(EncapsulationType::Go);
    request("/s2/bytes/64");
    run_for(kMillisecond * 10);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    close_listener_of("s2");
    lose_nothing();
    run_for(kSecond);
    EXPECT_EQ(unserved(s2()), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset";
}

/// Its application came along, and serves it to its end.
TEST_F(ClosedListener, TheTargetsIsClosedWhileAConnectionInUseMoves) {
    build(true);
    handshake();
    request("/bytes/64");
    run_for(kMillisecond * 10);
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    lose(EncapsulationType::Go);
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    run_for(kMillisecond * 10);
    close_listener_of("s2");
    lose_nothing();
    run_for(kSecond);
    EXPECT_EQ(unserved(s2()), 0U);
    received_.clear();
    request("/bytes/640");
    run_for(kSecond);
    EXPECT_TRUE(ends_with_content(640));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

/// By configuration nobody listens; s2's operator has opened the port.
class OpenedListener : public FarmFixture {
  protected:
    void SetUp() override {
        build(true);
        opened_ = config_;
        config_.listens.clear();
        std::erase_if(opened_.listens,
                      [](const farm::Listen& listen) { return listen.server != "s2"; });
        nodes_[0] = std::make_unique<Node>(config_, 1, contents_, 1, now_, mtus_);
        nodes_[1] = std::make_unique<Node>(opened_, 2, contents_, 2, now_, mtus_);
    }
    ~OpenedListener() override { nodes_.clear(); }

    farm::FarmConfig opened_;
};

TEST_F(OpenedListener, IsKnownByWhatItsServerTells) {
    open_channels();
    run_for(Duration::seconds(1));
    handshake();
    request("/bytes/640");
    run_for(Duration::seconds(1));
    EXPECT_TRUE(ends_with_content(640));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_F(OpenedListener, IsNotKnownBeforeItsServerTells) {
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    connect();
    run_for(kMillisecond * 10);
    EXPECT_EQ(client_->state(), tcp::State::Closed) << "reset";
}

}  // namespace
}  // namespace shunt::node
