// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/content_socket.hh"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>

namespace shunt::bench {
namespace {

constexpr time_t kSilenceMaxSeconds = 10;
constexpr std::size_t kPiece = 64 * 1024;

template <typename Value>
void set(int socket, int level, int option, const Value& value) {
    if (setsockopt(socket, level, option, &value, sizeof value) != 0) fail("socket's option");
}

}  // namespace

sockaddr_in address_of(const char* ip, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, ip, &address.sin_addr) != 1) fail(ip);
    return address;
}

Descriptor make_socket(int receive_buffer_bytes) {
    Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const int number = made.number();
    constexpr std::string_view algorithm = "reno";
    const timeval silence{kSilenceMaxSeconds, 0};
    set(number, SOL_SOCKET, SO_REUSEADDR, int{1});
    if (receive_buffer_bytes > 0) {
        set(number, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_bytes);
        set(number, SOL_SOCKET, SO_SNDBUFFORCE, kLargeBuffer);
    }
    set(number, SOL_SOCKET, SO_RCVTIMEO, silence);
    set(number, SOL_SOCKET, SO_SNDTIMEO, silence);
    set(number, IPPROTO_TCP, TCP_NODELAY, int{1});
    if (setsockopt(number, IPPROTO_TCP, TCP_CONGESTION, algorithm.data(),
                   socklen_t{algorithm.size()}) != 0) {
        fail("TCP_CONGESTION");
    }
    return made;
}

std::uint64_t queued_bytes(int socket, unsigned long request) {
    int bytes = 0;
    if (ioctl(socket, request, &bytes) != 0) fail("queue's size");
    return static_cast<std::uint64_t>(bytes);
}

void send_text(int socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void send_content(int socket, std::uint64_t offset, std::uint64_t size) {
    std::vector<std::uint8_t> content(kPiece);
    while (size > 0) {
        content.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
        node::generate(offset, content);
        send_text(socket, {reinterpret_cast<const char*>(content.data()), content.size()});
        offset += content.size();
        size -= content.size();
    }
}

void receive_content(int socket, ContentCheck& check, std::uint64_t end) {
    std::array<char, kPiece> bytes;
    while (check.offset() < end) {
        const auto most = std::min<std::uint64_t>(bytes.size(), end - check.offset());
        const ssize_t got = recv(socket, bytes.data(), static_cast<std::size_t>(most), 0);
        if (got < 0) fail("receive");
        if (got == 0) throw std::runtime_error("receive: the stream ended early");
        check.take({bytes.data(), static_cast<std::size_t>(got)});
    }
}

}  // namespace shunt::bench
