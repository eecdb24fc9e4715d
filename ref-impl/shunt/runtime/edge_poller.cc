// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/edge_poller.hh"

#include <sys/epoll.h>

#include <cerrno>

namespace shunt::runtime {

Result<EdgePoller, SetupError> EdgePoller::open() {
    FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return Failure{SetupError{"epoll: " + system_reason(errno)}};
    return EdgePoller(std::move(epoll));
}

bool EdgePoller::add(int descriptor, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = key;
    return epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

std::span<const EdgePoller::Edge> EdgePoller::poll() {
    std::array<epoll_event, kEdgesMax> events{};
    const int count =
        epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), 0);
    std::size_t found = 0;
    for (int index = 0; index < count; ++index) {
        const epoll_event& event = events[static_cast<std::size_t>(index)];
        const bool has_failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        edges_[found++] = {event.data.u64,
                           has_failed || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                           has_failed || (event.events & EPOLLOUT) != 0};
    }
    return {edges_.data(), found};
}

}  // namespace shunt::runtime
