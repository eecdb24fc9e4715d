// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/control_client.hh"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>

namespace shunt::bench {

ControlClient::ControlClient(const std::string& path)
    : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "control socket") {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    path.copy(place.sun_path, sizeof place.sun_path - 1);
    const timeval silence{5, 0};
    if (setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) != 0 ||
        connect(socket_.number(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
        fail(path);
    }
}

void ControlClient::send(std::string_view line) {
    const std::string text = std::string(line) + "\n";
    const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(text.size())) fail("control socket");
}

std::string ControlClient::receive() {
    std::string text;
    std::array<char, 4'096> piece;
    while (!text.ends_with('\n')) {
        const ssize_t got = recv(socket_.number(), piece.data(), piece.size(), 0);
        if (got <= 0) fail("control socket");
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    text.pop_back();
    return text;
}

}  // namespace shunt::bench
