// SPDX-License-Identifier: Apache-2.0
// Sends segments of one connection's client into a tap as fast as they go, and counts how many a
// program that reads it writes to another tap meanwhile.
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/moves/descriptor.hh"
#include "shunt/base/packet.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;
constexpr std::uint16_t kServicePort = 80;
constexpr std::size_t kTextMax = 1'404;  // with timestamps, where the back link carries 1,500 bytes

struct Setting {
    std::string from;
    std::string to;
    std::uint16_t client_port = 0;
    std::size_t text = 0;
    std::uint64_t milliseconds = 0;
};

std::vector<std::uint8_t> make_frame(const Setting& setting) {
    const auto client = wire::Ipv4Address::from_string("10.7.0.9");
    const auto service = wire::Ipv4Address::from_string("10.7.1.1");
    PacketPool pool;
    Packet packet = pool.take();
    packet.append(setting.text);
    wire::TcpHeader segment;
    segment.source_port = setting.client_port;
    segment.destination_port = kServicePort;
    segment.flags.acknowledgment = true;
    segment.options.timestamps = wire::TcpTimestamps{};
    segment.prepend_to(packet, *client, *service);
    wire::Ipv4Header internet;
    internet.dont_fragment = true;
    internet.source = *client;
    internet.destination = *service;
    internet.prepend_to(packet);
    wire::EthernetHeader{*wire::MacAddress::from_string("02:07:00:00:00:01"),
                         *wire::MacAddress::from_string("02:07:00:00:ff:09"), wire::kEtherTypeIpv4}
        .prepend_to(packet);
    return {packet.bytes().begin(), packet.bytes().end()};
}

/// What the kernel has received from the interface; the program behind a tap has written it.
std::uint64_t received(const std::string& interface) {
    std::ifstream file("/sys/class/net/" + interface + "/statistics/rx_packets");
    std::uint64_t count = 0;
    if (!(file >> count)) throw std::runtime_error(interface + ": no statistics");
    return count;
}

Descriptor open_sender(const std::string& interface) {
    Descriptor made(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "packet socket");
    const int on = 1;
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    if (place.sll_ifindex == 0 ||
        setsockopt(made.number(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0 ||
        bind(made.number(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
        fail(interface);
    }
    return made;
}

int run(const Setting& setting) {
    std::vector<std::uint8_t> frame = make_frame(setting);
    const Descriptor sender = open_sender(setting.from);
    iovec part{frame.data(), frame.size()};
    std::array<mmsghdr, kBatch> batch{};
    for (mmsghdr& each : batch) {
        each.msg_hdr.msg_iov = &part;
        each.msg_hdr.msg_iovlen = 1;
    }
    std::uint64_t sent = 0;
    const std::uint64_t before = received(setting.to);
    const auto start = Clock::now();
    const auto end = start + std::chrono::milliseconds(setting.milliseconds);
    while (Clock::now() < end) {
        const int count = sendmmsg(sender.number(), batch.data(), batch.size(), 0);
        // The reader's queue is full: it has enough to do.
        if (count <= 0) std::this_thread::yield();
        if (count > 0) sent += static_cast<std::uint64_t>(count);
    }
    const std::uint64_t forwarded = received(setting.to) - before;
    const std::chrono::duration<double> time = Clock::now() - start;
    fmt::print("{{\"sent\":{},\"forwarded\":{},\"seconds\":{:.6f}}}\n", sent, forwarded,
               time.count());
    return 0;
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    return std::from_chars(text.data(), end, number).ptr == end && !text.empty();
}

std::optional<Setting> read_arguments(int argc, char** argv) {
    constexpr int arguments = 6;
    Setting setting;
    if (argc != arguments || !read_number(argv[3], setting.client_port) ||
        !read_number(argv[4], setting.text) || setting.text > kTextMax ||
        !read_number(argv[5], setting.milliseconds)) {
        return std::nullopt;
    }
    setting.from = argv[1];
    setting.to = argv[2];
    return setting;
}

int flood(int argc, char** argv) {
    const auto setting = read_arguments(argc, argv);
    if (!setting) {
        fmt::print(stderr,
                   "usage: frame-flood FROM TO CLIENT_PORT TEXT_BYTES MILLISECONDS\n"
                   "FROM, TO: taps of this network namespace; at most {} bytes\n",
                   kTextMax);
        return 2;
    }
    try {
        return run(*setting);
    } catch (const std::exception& error) {
        fmt::print(stderr, "frame-flood: {}\n", error.what());
        return 3;
    }
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    return shunt::bench::flood(argc, argv);
}
