// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/backend_socket.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace shunt::runtime {
namespace {

using Progress = BackendSocket::Progress;
using Transfer = BackendSocket::Transfer;

int connect_unix(int socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);  // BackendAddress::kPathMax
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_tcp(int socket, const farm::BackendAddress& to) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(to.address.value());
    address.sin_port = htons(to.port);
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Progress progress_of(int error_number) {
    if (error_number == 0) return Progress::Connected;
    if (error_number == EINPROGRESS) return Progress::Pending;
    // Of a Unix socket whose listener has a full queue; EADDRNOTAVAIL: no local port is left.
    if (error_number == EAGAIN || error_number == EADDRNOTAVAIL) return Progress::Busy;
    return Progress::Refused;
}

bool is_for_later(int error_number) {
    return error_number == EAGAIN || error_number == EINTR;
}

}  // namespace

Progress BackendSocket::connect(const farm::BackendAddress& address) {
    const bool is_unix = address.kind == farm::BackendAddress::Kind::Unix;
    constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    socket_ = FileDescriptor(::socket(is_unix ? AF_UNIX : AF_INET, type, 0));
    if (!socket_) return Progress::Refused;
    const int result = is_unix ? connect_unix(socket_.number(), address.path)
                               : connect_tcp(socket_.number(), address);
    const Progress progress = progress_of(result == 0 ? 0 : errno);
    const bool is_over = progress == Progress::Busy || progress == Progress::Refused;
    if (is_over) socket_.close();
    return progress;
}

Progress BackendSocket::finish_connecting() {
    int error_number = 0;
    socklen_t length = sizeof error_number;
    getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error_number, &length);
    const Progress progress = progress_of(error_number);
    if (progress == Progress::Connected) return progress;
    socket_.close();
    return Progress::Refused;
}

Transfer BackendSocket::read(MutableBytes into) {
    const ssize_t count = recv(socket_.number(), into.data(), into.size(), MSG_DONTWAIT);
    if (count > 0) return {Transfer::End::None, static_cast<std::size_t>(count)};
    if (count == 0) return {Transfer::End::Finished, 0};
    return {is_for_later(errno) ? Transfer::End::Blocked : Transfer::End::Broken, 0};
}

Transfer BackendSocket::write(ByteView bytes) {
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const ssize_t count = send(socket_.number(), bytes.data(), bytes.size(), flags);
    if (count >= 0) return {Transfer::End::None, static_cast<std::size_t>(count)};
    if (is_for_later(errno)) return {Transfer::End::Blocked, 0};
    // The kernel tells of a reset once: whoever goes on to read finds what looks like the end.
    return {errno == EPIPE ? Transfer::End::Finished : Transfer::End::Broken, 0};
}

void BackendSocket::finish_writing() {
    shutdown(socket_.number(), SHUT_WR);
}

void BackendSocket::reset() {
    const linger at_once{1, 0};
    setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
}

}  // namespace shunt::runtime
