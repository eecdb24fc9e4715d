// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/moved_connection.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>

namespace shunt::bench {
namespace {

constexpr std::uint64_t kShortAnswer = 16;

Descriptor connected_to(const char* address, std::uint16_t port, int receive_buffer_bytes) {
    Descriptor made = make_socket(receive_buffer_bytes);
    const sockaddr_in service = address_of(address, port);
    const auto* const place = reinterpret_cast<const sockaddr*>(&service);
    if (connect(made.number(), place, sizeof service) != 0) fail("connect");
    return made;
}

std::string name_of(int socket) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    std::array<char, INET_ADDRSTRLEN> text{};
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) fail("getsockname");
    inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(own.sin_port));
}

}  // namespace

MovedConnection::MovedConnection(const char* address, std::uint16_t port, int receive_buffer_bytes)
    : socket_(connected_to(address, port, receive_buffer_bytes)),
      name_(name_of(socket_.number())),
      reader_(socket_.number()) {}

void MovedConnection::ask(std::uint64_t size) {
    send_text(socket_.number(), fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: x\r\n\r\n", size));
}

void MovedConnection::post(std::uint64_t answer_size, std::uint64_t size) {
    constexpr const char* head =
        "POST /bytes/{}?verify HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n";
    send_text(socket_.number(), fmt::format(fmt::runtime(head), answer_size, size));
    send_content(socket_.number(), 0, size);
}

void MovedConnection::send_and_ask(std::uint64_t size) {
    post(size, size);
}

void MovedConnection::upload(std::uint64_t size) {
    post(kShortAnswer, size);
}

}  // namespace shunt::bench
