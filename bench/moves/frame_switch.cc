// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/frame_switch.hh"

#include <poll.h>

#include "bench/moves/network_namespace.hh"

namespace shunt::bench {
namespace {

// More than the longest frame that a tap without segmentation offload gives.
constexpr std::size_t kFrameMax = 16 * 1024;

Descriptor tap_of(const std::string& tap, const std::string& place) {
    enter_namespace(place);
    return open_tap(tap);
}

// What a full queue loses the peer sends again.
void write_frame(const Descriptor& tap, const std::uint8_t* frame, std::size_t size) {
    [[maybe_unused]] const ssize_t written = write(tap.number(), frame, size);
}

}  // namespace

FrameSwitch::FrameSwitch(const std::string& tap, const std::string& client,
                         const std::array<std::string, 2>& servers, SwitchOrder& order, int wake)
    : order_(order),
      wake_(wake),
      client_(tap_of(tap, client)),
      servers_{tap_of(tap, servers[0]), tap_of(tap, servers[1])},
      frame_(kFrameMax) {}

void FrameSwitch::run() {
    std::array<pollfd, 4> waits{{{client_.number(), POLLIN, 0},
                                 {servers_[0].number(), POLLIN, 0},
                                 {servers_[1].number(), POLLIN, 0},
                                 {wake_, POLLIN, 0}}};
    while (present_ != Present::Stop) {
        if (poll(waits.data(), waits.size(), -1) < 0) fail("poll");
        std::uint64_t changes = 0;
        if (waits[3].revents != 0 && read(wake_, &changes, sizeof changes) < 0) fail("wake");
        obey();
        if (waits[0].revents != 0) take_from_client();
        if (waits[1].revents != 0) take_from(servers_[0]);
        if (waits[2].revents != 0) take_from(servers_[1]);
    }
}

void FrameSwitch::obey() {
    present_ = order_.present.load();
    for (; present_ == Present::Second && !held_.empty(); held_.pop_front())
        write_frame(servers_[1], held_.front().data(), held_.front().size());
    order_.obeyed.store(present_);
}

void FrameSwitch::take_from_client() {
    while (true) {
        const ssize_t size = read(client_.number(), frame_.data(), frame_.size());
        if (size < 0) return;
        deliver(frame_.data(), static_cast<std::size_t>(size));
        obey();
    }
}

void FrameSwitch::deliver(const std::uint8_t* frame, std::size_t size) {
    switch (present_) {
        case Present::First:
            return write_frame(servers_[0], frame, size);
        case Present::Second:
            return write_frame(servers_[1], frame, size);
        case Present::Nobody:
        case Present::Stop:
            held_.emplace_back(frame, frame + size);
            return;
    }
}

void FrameSwitch::take_from(const Descriptor& server) {
    while (true) {
        const ssize_t size = read(server.number(), frame_.data(), frame_.size());
        if (size < 0) return;
        write_frame(client_, frame_.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace shunt::bench
