// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/event_loop.hh"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/runtime/clock.hh"

namespace shunt::runtime {
namespace {

timespec time_until(Instant deadline) {
    constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
    const std::int64_t left = (deadline - monotonic_now()).to_nanoseconds();
    const std::int64_t wait = std::max<std::int64_t>(left, 0);
    timespec timeout{};
    timeout.tv_sec = wait / nanoseconds_per_second;
    timeout.tv_nsec = wait % nanoseconds_per_second;
    return timeout;
}

}  // namespace

EventLoop::EventLoop(FileDescriptor epoll, FileDescriptor signals)
    : epoll_(std::move(epoll)), signals_(std::move(signals)) {}

Result<EventLoop, SetupError> EventLoop::open() {
    FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return Failure{SetupError{"epoll: " + system_reason(errno)}};
    sigset_t interruptions;
    sigemptyset(&interruptions);
    sigaddset(&interruptions, SIGINT);
    sigaddset(&interruptions, SIGTERM);
    sigprocmask(SIG_BLOCK, &interruptions, nullptr);
    FileDescriptor signals(signalfd(-1, &interruptions, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signals) return Failure{SetupError{"signalfd: " + system_reason(errno)}};
    EventLoop loop(std::move(epoll), std::move(signals));
    loop.watch(loop.signals_.number(), kSignalToken);
    return loop;
}

void EventLoop::watch(int descriptor, Token token) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = token;
    const int result = epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event);
    SHUNT_ASSERT(result == 0, "an open descriptor is watched once");
}

void EventLoop::unwatch(int descriptor) {
    const int result = epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
    SHUNT_ASSERT(result == 0, "what is no longer watched was watched");
}

std::span<const EventLoop::Token> EventLoop::wait(std::optional<Instant> deadline) {
    std::array<epoll_event, kEventsMax> events{};
    timespec timeout{};
    if (deadline) timeout = time_until(*deadline);
    const int count = epoll_pwait2(epoll_.number(), events.data(), kEventsMax,
                                   deadline ? &timeout : nullptr, nullptr);
    SHUNT_ASSERT(count >= 0 || errno == EINTR, "epoll_pwait2 exists since Linux 5.11");
    std::size_t ready_count = 0;
    for (int index = 0; index < count; ++index) {
        const Token token = events[static_cast<std::size_t>(index)].data.u32;
        if (token != kSignalToken) {
            ready_[ready_count++] = token;
            continue;
        }
        signalfd_siginfo information{};
        if (read(signals_.number(), &information, sizeof information) > 0) is_interrupted_ = true;
    }
    return {ready_.data(), ready_count};
}

}  // namespace shunt::runtime
