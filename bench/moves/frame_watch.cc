// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/frame_watch.hh"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <ctime>

namespace shunt::bench {
namespace {

constexpr std::size_t kFrameMax = 16 * 1024;
constexpr int kBufferBytes = 8 * 1024 * 1024;

WallTime stamp_of(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(part), sizeof time);
        return WallTime{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
    throw std::runtime_error("packet socket: a frame has no time");
}

}  // namespace

WallTime wall_now() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

FrameWatch::FrameWatch(const std::string& interface)
    : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "packet socket") {
    const int on = 1;
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(ETH_P_ALL);
    place.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    if (place.sll_ifindex == 0 ||
        setsockopt(socket_.number(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes,
                   sizeof kBufferBytes) != 0 ||
        bind(socket_.number(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
        fail(interface);
    }
}

void FrameWatch::leave_out_data() {
    // Classic BPF: the type of the Ethernet frame, then the Type of the encapsulation header; or,
    // where TCP's payload begins (a load past the end drops the frame), version and kind.
    constexpr std::uint32_t type_of_farm = 0x88B5;
    constexpr std::uint32_t type_of_data = 0x12;
    constexpr std::uint32_t type_of_ip = 0x0800;
    constexpr std::uint32_t first_kind = 0x10;
    constexpr std::uint32_t last_kind = 0x15;
    std::array<sock_filter, 18> program{{
        {BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, type_of_farm},
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 14 + 12},
        {BPF_JMP | BPF_JEQ | BPF_K, 12, 13, type_of_data},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 11, type_of_ip},
        {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14},
        {BPF_LD | BPF_B | BPF_IND, 0, 0, 14 + 12},
        {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xF0},
        {BPF_ALU | BPF_RSH | BPF_K, 0, 0, 2},
        {BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0},
        {BPF_MISC | BPF_TAX, 0, 0, 0},
        {BPF_LD | BPF_B | BPF_IND, 0, 0, 14 + 4},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 1},
        {BPF_LD | BPF_B | BPF_IND, 0, 0, 14 + 5},
        {BPF_JMP | BPF_JGE | BPF_K, 0, 1, first_kind},
        {BPF_JMP | BPF_JGT | BPF_K, 0, 1, last_kind},
        {BPF_RET | BPF_K, 0, 0, 0},
        {BPF_RET | BPF_K, 0, 0, kFrameMax},
    }};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (setsockopt(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
        fail("packet socket");
}

void FrameWatch::wait(std::chrono::microseconds most) {
    const timespec patience{0, std::chrono::nanoseconds(most).count()};
    pollfd readable{socket_.number(), POLLIN, 0};
    if (ppoll(&readable, 1, &patience, nullptr) < 0) fail("packet socket");
}

std::optional<SeenFrame> FrameWatch::next() {
    SeenFrame frame;
    frame.bytes.resize(kFrameMax);
    alignas(cmsghdr) std::array<char, 128> control{};
    sockaddr_ll from{};
    iovec part{frame.bytes.data(), frame.bytes.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket_.number(), &message, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return std::nullopt;
    if (size < 0) fail("packet socket");
    frame.bytes.resize(static_cast<std::size_t>(size));
    frame.time = stamp_of(message);
    frame.is_sent = from.sll_pkttype == PACKET_OUTGOING;
    return frame;
}

void FrameWatch::send(ByteView frame) {
    if (::send(socket_.number(), frame.data(), frame.size(), 0) < 0) fail("packet socket");
}

void FrameWatch::clear() {
    while (next()) {
    }
}

}  // namespace shunt::bench
