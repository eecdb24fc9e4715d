// SPDX-License-Identifier: Apache-2.0
// The least that forwards from one tap to another: reads each frame and writes it as it is. What a
// node's forwarding is measured against.
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstdint>

#include "bench/moves/network_namespace.hh"

namespace shunt::bench {
namespace {

constexpr std::size_t kFrameMax = 2'048;

void forward(const Descriptor& from, const Descriptor& to) {
    std::array<std::uint8_t, kFrameMax> frame;
    while (true) {
        pollfd readable{from.number(), POLLIN, 0};
        if (poll(&readable, 1, -1) < 0) fail("poll");
        while (true) {
            const ssize_t size = read(from.number(), frame.data(), frame.size());
            if (size < 0) break;
            // What a full queue loses is lost in a node too.
            [[maybe_unused]] const ssize_t written =
                write(to.number(), frame.data(), static_cast<std::size_t>(size));
        }
    }
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: plain-forwarder FROM TO (taps of this network namespace)\n");
        return 2;
    }
    try {
        const auto from = shunt::bench::open_tap(argv[1]);
        const auto to = shunt::bench::open_tap(argv[2]);
        shunt::bench::forward(from, to);
    } catch (const std::exception& error) {
        fmt::print(stderr, "plain-forwarder: {}\n", error.what());
    }
    return 3;
}
