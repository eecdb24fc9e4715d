// SPDX-License-Identifier: Apache-2.0
#include "attach/qemu_socket.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "attach/attachment.hh"
#include "attach/interrupt.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause{10};
/// Devices that come and go before the judge looks.
constexpr int kWaitingMax = 8;

sockaddr_un to_socket_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw UsageError(fmt::format("qemu:{}: a socket path has at most {} bytes", path,
                                     sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Descriptor make_socket() {
    return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Closed if nobody listens there.
Descriptor connect_to(const std::string& path) {
    const sockaddr_un address = to_socket_address(path);
    Descriptor descriptor = make_socket();
    // The C interface of connect() takes every family behind one type.
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor.number(), generic, sizeof address) != 0) return Descriptor();
    return descriptor;
}

/// Nobody listens on it any more. Anything but a socket is somebody's, and stays.
void remove_stale(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    if (!S_ISSOCK(status.st_mode)) {
        throw UsageError(fmt::format("qemu:{}: is there, and is no socket", path));
    }
    ::unlink(path.c_str());
}

}  // namespace

QemuSocket::QemuSocket(std::string path) : path_(std::move(path)) {
    connected_ = connect_to(path_);
    if (connected_.is_open()) return;
    remove_stale(path_);
    listen();
}

void QemuSocket::listen() {
    const sockaddr_un address = to_socket_address(path_);
    listening_ = make_socket();
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(listening_.number(), generic, sizeof address) != 0) {
        const int reason = errno;
        listening_ = Descriptor();
        throw UsageError(
            fmt::format("qemu:{}: cannot listen there: {}", path_, std::strerror(reason)));
    }
    ::listen(listening_.number(), kWaitingMax);
}

QemuSocket::~QemuSocket() {
    if (listening_.is_open()) ::unlink(path_.c_str());
}

Descriptor QemuSocket::accept_last(milliseconds patience) {
    pollfd readable{listening_.number(), POLLIN, 0};
    ::poll(&readable, 1, static_cast<int>(patience.count()));
    Descriptor last;
    for (;;) {
        Descriptor next(
            ::accept4(listening_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!next.is_open()) return last;
        last = std::move(next);
    }
}

Descriptor QemuSocket::open(milliseconds patience) {
    if (connected_.is_open()) return std::move(connected_);
    const auto give_up = steady_clock::now() + patience;
    for (;;) {
        throw_if_interrupted();
        const auto left = std::chrono::duration_cast<milliseconds>(give_up - steady_clock::now());
        const milliseconds wait = std::clamp(left, milliseconds(0), kPause);
        Descriptor connection = listening_.is_open() ? accept_last(wait) : connect_to(path_);
        if (connection.is_open()) return connection;
        if (left <= milliseconds(0)) {
            throw AttachmentError(fmt::format("qemu:{}: no device {} there within {} ms", path_,
                                              listening_.is_open() ? "connects" : "listens",
                                              patience.count()));
        }
        if (!listening_.is_open()) ::poll(nullptr, 0, static_cast<int>(wait.count()));
    }
}

}  // namespace conform
