// SPDX-License-Identifier: Apache-2.0
// The gateway with backends that serve, refuse, die, stall and linger: the outcomes that
// docs/gateway.md promises, each to the millisecond.
#include "shunt/app/gateway.hh"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <string>
#include <vector>

#include "shunt/app/gateway_fixture.hh"

namespace shunt::app {
namespace {

using stack::ApiError;
using stack::Direction;
using stack::SocketId;

std::string content(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(i * 7 + (i >> 8) * 13);
    return text;
}

class GatewayTest : public GatewayFixture {
  protected:
    void SetUp() override { start(); }
};

TEST_F(GatewayTest, BytesGoBothWaysAndEachEndIsPassedOn) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    const auto backend_end = backend.accept();
    ASSERT_TRUE(backend_end);
    EXPECT_EQ(say(client_end, "question"), 8U);
    EXPECT_EQ(Backend::read(backend_end).text, "question");
    EXPECT_FALSE(client().shutdown(client_end, Direction::Write, now_));
    settle();
    EXPECT_TRUE(Backend::read(backend_end).is_end);
    EXPECT_EQ(Backend::write(backend_end, "answer"), 6U);
    settle();
    EXPECT_EQ(hear(client_end).text, "answer");
    EXPECT_EQ(*client().state(client_end), tcp::State::FinWait2);
    EXPECT_EQ(shutdown(backend_end.number(), SHUT_WR), 0);
    run_for(kMillisecond);
    EXPECT_TRUE(hear(client_end).is_end);
    EXPECT_EQ(*client().state(client_end), tcp::State::TimeWait);
    EXPECT_EQ(count(Counter::GatewayBackendConnected), 1U);
    EXPECT_EQ(count(Counter::GatewayClientLost), 0U);
}

TEST_F(GatewayTest, ABackendThatHasFinishedStillGetsTheRest) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    const auto backend_end = backend.accept();
    Backend::write(backend_end, "go on");
    EXPECT_EQ(shutdown(backend_end.number(), SHUT_WR), 0);
    settle();
    const Heard heard = hear(client_end);
    EXPECT_TRUE(heard.text == "go on" && heard.is_end);
    // Long after it would have been given up, had it left.
    run_for(Duration::seconds(120));
    say(client_end, "the rest");
    EXPECT_FALSE(client().shutdown(client_end, Direction::Write, now_));
    settle();
    const Heard rest = Backend::read(backend_end);
    EXPECT_TRUE(rest.text == "the rest" && rest.is_end);
    EXPECT_EQ(count(Counter::GatewayLingerExpired), 0U);
}

TEST_F(GatewayTest, NobodyThereResetsTheClient) {
    EXPECT_TRUE(is_reset(connect()));  // no such path
    {
        Backend dead = Backend::on_path(path(), 4);
        dead.stop_listening();
    }
    EXPECT_TRUE(is_reset(connect()));  // and one without anybody behind it
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 2U);
    EXPECT_EQ(host_->node().tables().local.size(), 0U);
}

TEST_F(GatewayTest, NoDescriptorLeftResetsTheClientAndNoOther) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId before = connect();
    const auto before_end = backend.accept();
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const int lowest_free = dup(0);
    ASSERT_EQ(close(lowest_free), 0);
    const rlimit none{static_cast<rlim_t>(lowest_free), limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_TRUE(is_reset(connect()));
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 1U);
    say(before, "still there");
    EXPECT_EQ(Backend::read(before_end).text, "still there");
    EXPECT_FALSE(is_reset(connect()));
}

TEST_F(GatewayTest, PlacesAreBoundedAndGivenBack) {
    const Backend backend = Backend::on_path(path(), 16);
    const SocketId first = connect();
    for (std::size_t taken = 1; taken < kLinks; ++taken)
        EXPECT_FALSE(is_reset(connect()));
    EXPECT_TRUE(is_reset(connect()));
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 1U);
    EXPECT_EQ(count(Counter::GatewayBackendConnected), kLinks);
    EXPECT_FALSE(client().abort(first, now_));
    settle();
    EXPECT_FALSE(is_reset(connect()));
    EXPECT_TRUE(is_reset(connect()));
}

TEST(GatewayPlaces, LeaveDescriptorsToOthers) {
    EXPECT_EQ(Gateway::links_within(1'048'576), 1'048'448U);
    EXPECT_EQ(Gateway::links_within(256), 128U);
    EXPECT_EQ(Gateway::links_within(64), 32U);
}

// --- A queue that is full: 10 s of patience, asked every 10 ms ---

class BusyBackend : public GatewayFixture {
  protected:
    void SetUp() override {
        start();
        backend_.emplace(Backend::on_path(path(), 0));
        first_ = connect();  // takes the one place
        second_ = connect();
        began_ = now_;
        EXPECT_EQ(count(Counter::GatewayBackendBusy), 1U);
    }
    void run_until(Duration after) { run_for(began_ + after - now_); }

    std::optional<Backend> backend_;
    SocketId first_;
    SocketId second_;
    Instant began_;
};

TEST_F(BusyBackend, IsAskedEveryTenMilliseconds) {
    run_until(Duration::milliseconds(95));
    EXPECT_EQ(count(Counter::GatewayBackendBusy), 10U);
    const auto first_end = backend_->accept();
    run_until(Duration::milliseconds(99));
    EXPECT_EQ(count(Counter::GatewayBackendConnected), 1U);
    run_until(Duration::milliseconds(100));
    EXPECT_EQ(count(Counter::GatewayBackendConnected), 2U);
    const auto second_end = backend_->accept();
    say(second_, "late but here");
    EXPECT_EQ(Backend::read(second_end).text, "late but here");
}

TEST_F(BusyBackend, HasTenSeconds) {
    run_until(Duration::milliseconds(9'999));
    EXPECT_FALSE(client().readiness(second_)->has_error);
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 0U);
    run_until(Duration::milliseconds(10'000));
    EXPECT_TRUE(is_reset(second_));
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 1U);
    EXPECT_FALSE(client().readiness(first_)->has_error);
    EXPECT_EQ(gateway_->poll_deadline(), std::nullopt);
}

TEST_F(BusyBackend, IsNotAskedForAClientThatHasGone) {
    EXPECT_FALSE(client().abort(second_, now_));
    settle();
    EXPECT_EQ(count(Counter::GatewayClientLost), 1U);
    EXPECT_EQ(gateway_->poll_deadline(), std::nullopt);
    run_until(Duration::seconds(20));
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 0U);
}

// Its listener's end takes those that it had not accepted along.
TEST_F(BusyBackend, ThatDiesRefusesWhoWaitsAndResetsWhoWasInItsQueue) {
    backend_->stop_listening();
    run_until(Duration::milliseconds(10));
    EXPECT_TRUE(is_reset(second_));
    EXPECT_TRUE(is_reset(first_));
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 1U);
    EXPECT_EQ(count(Counter::GatewayBackendReset), 1U);
}

// --- A backend that has left: 30 s in which its last words reach a client that goes on sending ---

class Lingering : public GatewayFixture {
  protected:
    void SetUp() override {
        start();
        Backend backend = Backend::on_path(path(), 4);
        id_ = connect();
        auto backend_end = backend.accept();
        say(id_, "x");
        Backend::read(backend_end);
        Backend::write(backend_end, "413");
        shutdown(backend_end.number(), SHUT_RDWR);
        settle();
        gone_ = std::move(backend_end);
        say(id_, "more");  // at which the backend's refusal shows
        began_ = now_;
    }
    void run_until(Duration after) { run_for(began_ + after - now_); }

    SocketId id_;
    runtime::FileDescriptor gone_;
    Instant began_;
};

TEST_F(Lingering, IsBoundedByThirtySeconds) {
    run_until(Duration::milliseconds(29'999));
    EXPECT_GT(say(id_, content(10'000)), 0U);
    EXPECT_EQ(count(Counter::GatewayLingerExpired), 0U);
    const Heard heard = hear(id_);
    EXPECT_TRUE(heard.text == "413" && heard.is_end);
    run_until(Duration::milliseconds(30'000));
    EXPECT_EQ(count(Counter::GatewayLingerExpired), 1U);
    EXPECT_TRUE(is_reset(id_));
}

TEST_F(Lingering, ThrowsAwayWhateverTheClientSends) {
    const std::string text = content(1'000'000);
    std::size_t sent = 0;
    for (int round = 0; round < 2'000 && sent < text.size(); ++round) {
        sent += say(id_, std::string_view(text).substr(sent));
        run_for(kMillisecond);
    }
    EXPECT_EQ(sent, text.size());
    EXPECT_EQ(hear(id_).text, "413");
}

TEST_F(Lingering, EndsWhenTheClientFinishes) {
    EXPECT_FALSE(client().shutdown(id_, Direction::Write, now_));
    run_for(kMillisecond);
    EXPECT_EQ(*client().state(id_), tcp::State::Closed);  // the node has finished first
    EXPECT_FALSE(client().readiness(id_)->has_error);
    run_until(Duration::seconds(40));
    EXPECT_EQ(count(Counter::GatewayLingerExpired), 0U);
    EXPECT_EQ(gateway_->poll_deadline(), std::nullopt);
}

// --- Stalls ---

TEST_F(GatewayTest, AStalledBackendClosesTheWindowAndNothingTimesOut) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    const auto backend_end = backend.accept();
    const std::string text = content(4'000'000);
    std::size_t sent = 0;
    std::size_t before = 1;
    while (sent != before) {  // until nothing moves any more
        before = sent;
        sent += say(client_end, std::string_view(text).substr(sent));
        run_for(Duration::seconds(5));
    }
    EXPECT_LT(sent, text.size());
    run_for(Duration::seconds(3'600));
    EXPECT_FALSE(client().readiness(client_end)->has_error);
    std::string got = Backend::read(backend_end).text;
    while (got.size() < text.size()) {
        run_for(Duration::seconds(1));
        sent += say(client_end, std::string_view(text).substr(sent));
        const Heard more = Backend::read(backend_end);
        ASSERT_FALSE(more.is_end || more.is_reset) << got.size();
        got += more.text;
        ASSERT_LT(now_ - Instant(), Duration::seconds(10'000)) << got.size();
    }
    EXPECT_TRUE(got == text);
}

TEST_F(GatewayTest, AStalledClientStallsTheBackend) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    const auto backend_end = backend.accept();
    const std::string text = content(4'000'000);
    std::size_t sent = 0;
    std::size_t before = 1;
    while (sent != before) {
        before = sent;
        sent += Backend::write(backend_end, std::string_view(text).substr(sent));
        run_for(Duration::seconds(1));
    }
    EXPECT_LT(sent, text.size());
    run_for(Duration::seconds(3'600));
    std::string got;
    while (got.size() < text.size()) {
        got += hear(client_end).text;
        sent += Backend::write(backend_end, std::string_view(text).substr(sent));
        run_for(Duration::seconds(1));
        ASSERT_LT(now_ - Instant(), Duration::seconds(10'000)) << got.size();
    }
    EXPECT_TRUE(got == text);
}

TEST_F(GatewayTest, AClientThatDoesNotAnswerIsGivenUp) {
    const Backend backend = Backend::on_path(path(), 4);
    connect();
    const auto backend_end = backend.accept();
    is_client_deaf_ = true;
    Backend::write(backend_end, "is anybody there?");
    run_for(config_.timers.user_timeout - Duration::seconds(1));
    EXPECT_EQ(count(Counter::GatewayClientLost), 0U);
    run_for(Duration::seconds(2));
    EXPECT_EQ(count(Counter::GatewayClientLost), 1U);
    EXPECT_TRUE(Backend::read(backend_end).is_end);
}

// --- Deaths ---

TEST_F(GatewayTest, ABackendThatDiesLeavesWhatItSaid) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    auto backend_end = backend.accept();
    Backend::write(backend_end, "last words");
    backend_end.close();
    settle();
    const Heard heard = hear(client_end);
    EXPECT_TRUE(heard.text == "last words" && heard.is_end);
    EXPECT_EQ(count(Counter::GatewayBackendReset), 0U);
}

TEST_F(GatewayTest, ABackendThatDiesWithSomethingUnreadResetsTheClient) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    auto backend_end = backend.accept();
    say(client_end, "never read");
    backend_end.close();
    settle();
    EXPECT_TRUE(is_reset(client_end));
    EXPECT_EQ(count(Counter::GatewayBackendReset), 1U);
}

TEST_F(GatewayTest, AClientsResetClosesItsBackend) {
    const Backend backend = Backend::on_path(path(), 4);
    const SocketId client_end = connect();
    const auto backend_end = backend.accept();
    EXPECT_FALSE(client().abort(client_end, now_));
    settle();
    EXPECT_TRUE(Backend::read(backend_end).is_end);
    EXPECT_EQ(count(Counter::GatewayClientLost), 1U);
}

TEST_F(GatewayTest, AFreshNodeHasNoneOfTheConnectionsBefore) {
    const Backend backend = Backend::on_path(path(), 4);
    connect();
    const auto before = backend.accept();
    host_->restart(2, now_);
    gateway_->forget_all();
    EXPECT_TRUE(Backend::read(before).is_end);
    const SocketId client_end = connect();
    const auto after = backend.accept();
    say(client_end, "hello");
    EXPECT_EQ(Backend::read(after).text, "hello");
}

TEST_F(GatewayTest, AFloodDoesNotStarveTheOthers) {
    const Backend backend = Backend::on_path(path(), 4);
    connect();  // its client never reads, so it takes its turns for nothing
    const auto flood = backend.accept();
    const SocketId calm = connect();
    const auto calm_end = backend.accept();
    const std::string text = content(1'000'000);
    for (int round = 0; round < 10; ++round) {
        Backend::write(flood, text);
        Backend::write(calm_end, "tick");
        EXPECT_FALSE(gateway_->turn(now_) && gateway_->turn(now_)) << "nothing is left to move";
        settle();
        EXPECT_EQ(hear(calm).text, "tick");
        run_for(kMillisecond * 200);
    }
}

// --- Backends that speak TCP ---

class TcpBackend : public GatewayFixture {
  protected:
    void SetUp() override {
        add_listener(kByPort, "tcp:127.0.0.1:" + std::to_string(backend_.port()));
        start();
    }
    SocketId open() {
        const SocketId id = connect(kByPort);
        if (count(Counter::GatewayBackendConnected) == 0) wait_for_backend();
        end_ = backend_.accept();
        EXPECT_TRUE(end_);
        return id;
    }

    Backend backend_ = Backend::on_loopback();
    runtime::FileDescriptor end_;
};

TEST_F(TcpBackend, ResetsItsClientAsItIsReset) {
    const SocketId client_end = open();
    Backend::reset(std::move(end_));
    wait_for_backend();
    EXPECT_TRUE(is_reset(client_end));
    EXPECT_EQ(count(Counter::GatewayBackendReset), 1U);
}

// The kernel tells of a reset once. Who writes first and then reads finds what was said before it,
// and then what looks like an orderly end.
TEST_F(TcpBackend, IsNotTakenToHaveFinishedWhereAWriteMeetsItsReset) {
    const SocketId client_end = open();
    Backend::write(end_, "half of an answer");
    ASSERT_TRUE(client().send(client_end, std::array<std::uint8_t, 1>{'x'}, now_));
    deliver();
    Backend::reset(std::move(end_));
    settle();
    run_for(kMillisecond);
    EXPECT_TRUE(is_reset(client_end));
    EXPECT_EQ(count(Counter::GatewayBackendReset), 1U);
}

TEST_F(TcpBackend, IsResetAsItsClientResets) {
    const SocketId client_end = open();
    EXPECT_FALSE(client().abort(client_end, now_));
    settle();
    pollfd descriptor{end_.number(), POLLIN, 0};
    ASSERT_EQ(poll(&descriptor, 1, 10'000), 1);
    EXPECT_TRUE(Backend::read(end_).is_reset);
    EXPECT_EQ(count(Counter::GatewayClientLost), 1U);
}

TEST_F(TcpBackend, ThatIsNotThereResetsTheClient) {
    backend_.stop_listening();
    const SocketId client_end = connect(kByPort);
    if (count(Counter::GatewayBackendRefused) == 0) wait_for_backend();
    EXPECT_TRUE(is_reset(client_end));
    EXPECT_EQ(count(Counter::GatewayBackendRefused), 1U);
}

}  // namespace
}  // namespace shunt::app
