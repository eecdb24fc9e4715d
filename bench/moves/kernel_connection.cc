// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/kernel_connection.hh"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {
namespace {

constexpr int kBufferBytes = 4 * 1024 * 1024;

template <typename Value>
void set(int socket, int level, int option, const Value& value, const char* what) {
    if (setsockopt(socket, level, option, &value, sizeof value) != 0) fail(what);
}

template <typename Value>
Value get(int socket, int option, const char* what) {
    Value value{};
    socklen_t size = sizeof value;
    if (getsockopt(socket, IPPROTO_TCP, option, &value, &size) != 0) fail(what);
    return value;
}

std::uint32_t queued(int socket, unsigned long request) {
    int bytes = 0;
    if (ioctl(socket, request, &bytes) != 0) fail("queue's size");
    return static_cast<std::uint32_t>(bytes);
}

void choose_queue(int socket, int queue) {
    set(socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
}

std::string peek(int socket, std::size_t size) {
    std::string bytes(size, '\0');
    if (size == 0) return bytes;
    const ssize_t got = recv(socket, bytes.data(), size, MSG_PEEK | MSG_DONTWAIT);
    if (got != static_cast<ssize_t>(size)) fail("peek");
    return bytes;
}

void send_all(int socket, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
}

void receive_all(int socket, void* bytes, std::size_t size) {
    if (size > 0 && recv(socket, bytes, size, MSG_WAITALL) != static_cast<ssize_t>(size))
        fail("the other server's process");
}

void set_options(int socket, const KernelConnectionState& state) {
    std::vector<tcp_repair_opt> options{{TCPOPT_MAXSEG, state.segment_max}};
    if ((state.options & TCPI_OPT_WSCALE) != 0) {
        const std::uint32_t scales =
            state.send_scale | static_cast<std::uint32_t>(state.receive_scale) << 16;
        options.push_back({TCPOPT_WINDOW, scales});
    }
    if ((state.options & TCPI_OPT_SACK) != 0) options.push_back({TCPOPT_SACK_PERMITTED, 0});
    if ((state.options & TCPI_OPT_TIMESTAMPS) != 0) options.push_back({TCPOPT_TIMESTAMP, 0});
    const auto size = static_cast<socklen_t>(options.size() * sizeof(tcp_repair_opt));
    if (setsockopt(socket, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options.data(), size) != 0)
        fail("TCP_REPAIR_OPTIONS");
    set(socket, IPPROTO_TCP, TCP_TIMESTAMP, state.timestamp, "TCP_TIMESTAMP");
}

}  // namespace

KernelConnection take_connection(int socket) {
    set(socket, IPPROTO_TCP, TCP_REPAIR, int{TCP_REPAIR_ON}, "TCP_REPAIR");
    KernelConnection taken;
    KernelConnectionState& state = taken.state;
    choose_queue(socket, TCP_SEND_QUEUE);
    state.send_sequence = get<std::uint32_t>(socket, TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ");
    state.send_bytes = queued(socket, SIOCOUTQ);
    state.unsent_bytes = queued(socket, SIOCOUTQNSD);
    taken.send_queue = peek(socket, state.send_bytes);
    choose_queue(socket, TCP_RECV_QUEUE);
    state.receive_sequence = get<std::uint32_t>(socket, TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ");
    state.receive_bytes = queued(socket, SIOCINQ);
    taken.receive_queue = peek(socket, state.receive_bytes);
    state.window = get<tcp_repair_window>(socket, TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW");
    state.timestamp = get<std::uint32_t>(socket, TCP_TIMESTAMP, "TCP_TIMESTAMP");
    state.segment_max = get<std::uint32_t>(socket, TCP_MAXSEG, "TCP_MAXSEG");
    const auto info = get<tcp_info>(socket, TCP_INFO, "TCP_INFO");
    state.options = info.tcpi_options;
    state.send_scale = info.tcpi_snd_wscale;
    state.receive_scale = info.tcpi_rcv_wscale;
    socklen_t size = sizeof state.local;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&state.local), &size) != 0 ||
        getpeername(socket, reinterpret_cast<sockaddr*>(&state.peer), &size) != 0) {
        fail("addresses");
    }
    return taken;
}

Descriptor prepare_socket(const sockaddr_in& local) {
    Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    set(made.number(), SOL_SOCKET, SO_REUSEADDR, int{1}, "SO_REUSEADDR");
    set(made.number(), SOL_SOCKET, SO_SNDBUFFORCE, kBufferBytes, "SO_SNDBUFFORCE");
    set(made.number(), SOL_SOCKET, SO_RCVBUFFORCE, kBufferBytes, "SO_RCVBUFFORCE");
    set(made.number(), IPPROTO_TCP, TCP_REPAIR, int{TCP_REPAIR_ON}, "TCP_REPAIR");
    const auto* const address = reinterpret_cast<const sockaddr*>(&local);
    if (bind(made.number(), address, sizeof local) != 0) fail("bind");
    return made;
}

void resume_connection(int socket, const KernelConnection& connection) {
    const KernelConnectionState& state = connection.state;
    choose_queue(socket, TCP_SEND_QUEUE);
    set(socket, IPPROTO_TCP, TCP_QUEUE_SEQ, state.send_sequence - state.send_bytes,
        "TCP_QUEUE_SEQ");
    choose_queue(socket, TCP_RECV_QUEUE);
    set(socket, IPPROTO_TCP, TCP_QUEUE_SEQ, state.receive_sequence - state.receive_bytes,
        "TCP_QUEUE_SEQ");
    const auto* const peer = reinterpret_cast<const sockaddr*>(&state.peer);
    if (connect(socket, peer, sizeof state.peer) != 0) fail("connect");
    set_options(socket, state);
    send_all(socket, connection.receive_queue.data(), state.receive_bytes);
    choose_queue(socket, TCP_SEND_QUEUE);
    const std::size_t sent = state.send_bytes - state.unsent_bytes;
    send_all(socket, connection.send_queue.data(), sent);
    set(socket, IPPROTO_TCP, TCP_REPAIR_WINDOW, state.window, "TCP_REPAIR_WINDOW");
    set(socket, IPPROTO_TCP, TCP_REPAIR, int{TCP_REPAIR_OFF}, "TCP_REPAIR");
}

void send_unsent(int socket, const KernelConnection& connection) {
    const KernelConnectionState& state = connection.state;
    const char* const unsent = connection.send_queue.data() + state.send_bytes - state.unsent_bytes;
    send_all(socket, unsent, state.unsent_bytes);
}

void send_connection(int channel, const KernelConnection& connection) {
    static_assert(std::is_trivially_copyable_v<KernelConnectionState>);
    const auto part = [](const void* bytes, std::size_t size) {
        return iovec{const_cast<void*>(bytes), size};
    };
    std::array<iovec, 3> parts{
        part(&connection.state, sizeof connection.state),
        part(connection.send_queue.data(), connection.send_queue.size()),
        part(connection.receive_queue.data(), connection.receive_queue.size())};
    std::size_t size = 0;
    for (const iovec& each : parts)
        size += each.iov_len;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    // A stream socket of this kind blocks until all is taken.
    if (sendmsg(channel, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
        fail("the other server's process");
}

KernelConnection receive_connection(int channel) {
    KernelConnection connection;
    receive_all(channel, &connection.state, sizeof connection.state);
    connection.send_queue.resize(connection.state.send_bytes);
    connection.receive_queue.resize(connection.state.receive_bytes);
    receive_all(channel, connection.send_queue.data(), connection.send_queue.size());
    receive_all(channel, connection.receive_queue.data(), connection.receive_queue.size());
    return connection;
}

}  // namespace shunt::bench
