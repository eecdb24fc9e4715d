// SPDX-License-Identifier: Apache-2.0
// Applications outside of the node: what they are told of a client's connection, and what their
// calls do to it.
#include "shunt/node/streams.hh"

#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using stack::ApiError;

class StreamTest : public FarmFixture {
  protected:
    void SetUp() override {
        config_ = farm::standard_plan(2);
        for (farm::Listen& listen : config_.listens) {
            listen.application = farm::kGatewayApplication;
            listen.backend = farm::BackendAddress::parse("unix:/run/" + listen.server);
            listen.selection = farm::SelectionMoment::Connect;
        }
        config_.limits.tcp_receive_buffer_bytes = 128 * 1024;
        config_.limits.tcp_send_buffer_bytes = 64 * 1024;
        start_nodes();
    }

    /// A client's connection; its report is fetched.
    StreamId open(std::uint16_t port = 4711) {
        handshake(port);
        const auto opened = s1().poll_stream_event();
        EXPECT_TRUE(opened && opened->event == StreamEvent::Opened);
        return opened ? opened->id : StreamId{};
    }

    std::vector<StreamEvent> events(Node& node) {
        std::vector<StreamEvent> found;
        while (const auto report = node.poll_stream_event())
            found.push_back(report->event);
        return found;
    }

    /// Everything that can be read now.
    std::string read(StreamId id) {
        std::string text;
        for (auto front = s1().stream_readable(id); front && !front->empty();
             front = s1().stream_readable(id)) {
            text.append(front->begin(), front->end());
            EXPECT_TRUE(s1().stream_consume(id, front->size(), now_));
        }
        return text;
    }

    Result<std::size_t, ApiError> write(StreamId id, std::string_view text) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(text.data());
        return s1().stream_send(id, {first, text.size()}, now_);
    }

    ApiError reading_fault(StreamId id) { return s1().stream_readable(id).error(); }
};

using Events = std::vector<StreamEvent>;

TEST_F(StreamTest, BytesGoBothWaysAndEachSideFinishesForItself) {
    const StreamId id = open();
    ASSERT_NE(s1().stream_listen(id), nullptr);
    EXPECT_EQ(s1().stream_listen(id)->backend->to_string(), "unix:/run/s1");
    EXPECT_EQ(reading_fault(id), ApiError::WouldBlock);
    say("question");
    run_for(kMillisecond);
    EXPECT_EQ(events(s1()), Events{StreamEvent::Readable});
    EXPECT_EQ(read(id), "question");
    client_->close();
    run_for(kMillisecond);
    EXPECT_EQ(events(s1()), Events{StreamEvent::PeerFinished});
    EXPECT_TRUE(s1().stream_readable(id)->empty());
    EXPECT_EQ(*write(id, "answer"), 6U);
    EXPECT_FALSE(s1().stream_finish(id, now_));
    EXPECT_EQ(write(id, "more").error(), ApiError::IsShutDown);
    run_for(kMillisecond);
    EXPECT_EQ(received_, "answer");
    EXPECT_EQ(client_->state(), tcp::State::TimeWait);
    EXPECT_EQ(events(s1()), Events{StreamEvent::Closed});
    EXPECT_FALSE(s1().stream_release(id, now_));
    EXPECT_EQ(reading_fault(id), ApiError::NotASocket);
}

TEST_F(StreamTest, WhatIsNotReadClosesTheClientsWindow) {
    const StreamId id = open();
    const std::string text(1'000'000, 't');
    std::size_t taken = 0;
    for (int round = 0; round < 50; ++round) {
        taken += client_->send(
            {reinterpret_cast<const std::uint8_t*>(text.data()) + taken, text.size() - taken});
        run_for(kMillisecond * 20);
    }
    const std::size_t outside = taken - client_->send_queue_size();
    EXPECT_LE(outside, config_.limits.tcp_receive_buffer_bytes);
    EXPECT_GT(outside, config_.limits.tcp_receive_buffer_bytes / 4);
    EXPECT_EQ(read(id).size(), outside);
    run_for(kMillisecond * 1'000);
    EXPECT_FALSE(read(id).empty());  // the window is open again
}

TEST_F(StreamTest, AnOrderlyEndLeavesWhatWasNotReadYet) {
    const StreamId id = open();
    ASSERT_FALSE(s1().stream_finish(id, now_));
    run_for(kMillisecond);
    say("last words");
    client_->close();
    run_for(Duration::seconds(120));  // through TIME-WAIT
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    EXPECT_EQ(read(id), "last words");
    EXPECT_TRUE(s1().stream_readable(id)->empty());
    EXPECT_EQ(s1().stream_room(id).error(), ApiError::NotConnected);
    EXPECT_FALSE(s1().stream_release(id, now_));
}

TEST_F(StreamTest, ANewConnectionOutOfTimeWaitLeavesWhatWasNotRead) {
    const StreamId id = open();
    ASSERT_FALSE(s1().stream_finish(id, now_));
    say("old");
    client_->close();
    run_for(Duration::seconds(2));
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    events(s1());
    handshake();  // RFC 6191: the timestamps have gone on
    EXPECT_EQ(events(s1()), (Events{StreamEvent::Closed, StreamEvent::Opened}));
    EXPECT_EQ(read(id), "old");
}

TEST_F(StreamTest, AResetIsToldOnceAndEndsEverything) {
    const StreamId id = open();
    say("unread");
    run_for(kMillisecond);
    client_->abort();
    run_for(kMillisecond);
    EXPECT_EQ(events(s1()), (Events{StreamEvent::Readable, StreamEvent::Reset}));
    EXPECT_EQ(reading_fault(id), ApiError::ConnectionReset);
    EXPECT_EQ(write(id, "x").error(), ApiError::ConnectionReset);
    EXPECT_EQ(s1().stream_finish(id, now_), ApiError::ConnectionReset);
    EXPECT_FALSE(s1().stream_release(id, now_));
    EXPECT_EQ(s1().stream_release(id, now_), ApiError::NotASocket);
}

TEST_F(StreamTest, ASilentClientIsToldByTheUserTimeout) {
    config_.timers.user_timeout = Duration::seconds(20);
    start_nodes();
    const StreamId id = open();
    loses_ = [](const SeenFrame&) { return true; };
    ASSERT_TRUE(write(id, "anybody there?"));
    run_for(Duration::seconds(19));
    EXPECT_EQ(events(s1()), Events{});
    run_for(Duration::seconds(2));
    EXPECT_EQ(events(s1()), Events{StreamEvent::TimedOut});
    EXPECT_EQ(reading_fault(id), ApiError::TimedOut);
}

TEST_F(StreamTest, AnIdleClientIsAskedWhetherItIsThere) {
    config_.timers.keep_alive_idle = Duration::seconds(10);
    start_nodes();
    open();
    run_for(Duration::seconds(60));
    EXPECT_EQ(events(s1()), Events{});  // it answers
    client_.reset();
    loses_ = [](const SeenFrame&) { return true; };
    run_for(Duration::seconds(10 + 9 * 75 + 75));
    EXPECT_EQ(events(s1()), Events{StreamEvent::TimedOut});
}

TEST_F(StreamTest, ReleasingWhatIsNotOverResetsTheClient) {
    const StreamId id = open();
    EXPECT_FALSE(s1().stream_release(id, now_));
    run_for(kMillisecond);
    EXPECT_TRUE(client_->is_closed());
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    EXPECT_EQ(events(s1()), Events{});
}

TEST_F(StreamTest, ReleasingWhatIsOverLeavesTheClientInPeace) {
    const StreamId id = open();
    ASSERT_TRUE(write(id, "all"));
    client_->close();
    run_for(kMillisecond);
    ASSERT_FALSE(s1().stream_finish(id, now_));
    EXPECT_FALSE(s1().stream_release(id, now_));
    run_for(kMillisecond);
    EXPECT_EQ(received_, "all");
    EXPECT_EQ(client_->state(), tcp::State::TimeWait);
}

TEST_F(StreamTest, ReleasingWhatTheClientHasNotFinishedResetsIt) {
    const StreamId id = open();
    say("never read");
    run_for(kMillisecond);
    ASSERT_FALSE(s1().stream_finish(id, now_));
    EXPECT_FALSE(s1().stream_release(id, now_));
    run_for(kMillisecond);
    EXPECT_TRUE(client_->is_closed());
}

TEST_F(StreamTest, RoomIsToldOnceItIsWorthWhile) {
    const StreamId id = open();
    const std::string text(64 * 1024, 't');
    EXPECT_EQ(*write(id, text), text.size());
    EXPECT_EQ(*s1().stream_room(id), 0U);
    EXPECT_EQ(events(s1()), Events{});
    run_for(kMillisecond * 50);
    EXPECT_EQ(events(s1()), Events{StreamEvent::Writable});
    EXPECT_GE(*s1().stream_room(id), text.size() / 4);
    run_for(kMillisecond * 50);
    EXPECT_EQ(events(s1()), Events{});  // nobody asked again
    EXPECT_EQ(received_, text);
}

TEST_F(StreamTest, ThereIsRoomWhateverTheBoundOfTheQueue) {
    for (const std::size_t bound :
         {std::size_t{576}, farm::Limits().tcp_send_buffer_bytes, std::size_t{1} << 30}) {
        config_.limits.tcp_send_buffer_bytes = bound;
        start_nodes();
        const StreamId id = open();
        const std::string text(3'000'000, 't');
        std::size_t sent = 0;
        for (int round = 0; round < 20'000 && sent < 100'000; ++round) {
            if (*s1().stream_room(id) > 0) {
                sent += *write(id, std::string_view(text).substr(sent));
            }
            run_for(kMillisecond);
        }
        EXPECT_GE(sent, 100'000U) << bound;
    }
}

TEST_F(StreamTest, AnIdIsNeverUsedAgain) {
    const StreamId first = open();
    EXPECT_FALSE(s1().stream_release(first, now_));
    run_for(kMillisecond);
    const StreamId second = open(4712);
    EXPECT_EQ(second.index, first.index);
    EXPECT_NE(second, first);
    EXPECT_EQ(write(first, "x").error(), ApiError::NotASocket);
    EXPECT_EQ(s1().stream_consume(first, 0, now_).error(), ApiError::NotASocket);
    EXPECT_EQ(s1().stream_listen(first), nullptr);
    EXPECT_EQ(s1().stream_consume(second, 1, now_).error(), ApiError::WouldBlock);
}

TEST_F(StreamTest, AMovedConnectionIsOpenedAtTheTarget) {
    for (farm::Listen& listen : config_.listens)
        listen.selection = farm::SelectionMoment::Request;
    config_.urls.push_back({"/s2/", {"s2"}});
    start_nodes();
    handshake();
    request("/s2/x");
    run_for(kMillisecond * 100);
    EXPECT_FALSE(s1().poll_stream_event());
    const auto opened = s2().poll_stream_event();
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->event, StreamEvent::Opened);
    EXPECT_EQ(s2().stream_listen(opened->id)->backend->to_string(), "unix:/run/s2");
    const auto front = s2().stream_readable(opened->id);
    ASSERT_TRUE(front);
    const std::string text(front->begin(), front->end());
    EXPECT_TRUE(text.starts_with("GET /s2/x HTTP/1.1\r\n")) << text;
}

}  // namespace
}  // namespace shunt::node
