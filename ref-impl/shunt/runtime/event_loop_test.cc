// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/event_loop.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "shunt/runtime/clock.hh"

namespace shunt::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        out = FileDescriptor(ends[0]);
        in = FileDescriptor(ends[1]);
    }
    FileDescriptor out;
    FileDescriptor in;
};

TEST(EventLoop, NamesWhatIsReadyAndForgetsWhatIsUnwatched) {
    auto loop = EventLoop::open();
    ASSERT_TRUE(loop);
    const Pipe a;
    const Pipe b;
    loop->watch(a.out.number(), 7);
    loop->watch(b.out.number(), 8);
    EXPECT_THAT(loop->wait(Instant()), IsEmpty());
    ASSERT_EQ(write(b.in.number(), "x", 1), 1);
    EXPECT_THAT(loop->wait(std::nullopt), ElementsAre(8));
    EXPECT_THAT(loop->wait(std::nullopt), ElementsAre(8));  // until it is read
    loop->unwatch(b.out.number());
    EXPECT_THAT(loop->wait(Instant()), IsEmpty());
}

TEST(EventLoop, ReturnsAtTheDeadlineAndNotBefore) {
    auto loop = EventLoop::open();
    ASSERT_TRUE(loop);
    const Instant deadline = monotonic_now() + Duration::microseconds(300);
    EXPECT_THAT(loop->wait(deadline), IsEmpty());
    EXPECT_GE(monotonic_now(), deadline);
    EXPECT_FALSE(loop->is_interrupted());
}

TEST(EventLoop, TellsAnInterruption) {
    auto loop = EventLoop::open();
    ASSERT_TRUE(loop);
    kill(getpid(), SIGTERM);
    EXPECT_THAT(loop->wait(std::nullopt), IsEmpty());
    EXPECT_TRUE(loop->is_interrupted());
}

}  // namespace
}  // namespace shunt::runtime
