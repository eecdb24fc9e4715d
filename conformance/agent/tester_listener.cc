// SPDX-License-Identifier: Apache-2.0
#include "agent/tester_listener.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::size_t kMessageSizeMax = (1U << 20) + 1;
constexpr int kLookMs = 100;

/// An interruption that comes just before the call would not end it: so it looks now and then.
void wait_until_readable(int descriptor) {
    for (;;) {
        throw_if_interrupted();
        pollfd readable{descriptor, POLLIN, 0};
        if (::poll(&readable, 1, kLookMs) > 0) return;
    }
}

}  // namespace

TesterListener::TesterListener(std::string path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
        throw UsageError(fmt::format("--front unix:{}: a socket path has 1 to {} bytes", path_,
                                     sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    // The C interface of bind() takes every family behind one type.
    if (::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 ||
        ::listen(socket_.number(), 1) != 0) {
        throw UsageError(fmt::format("--front unix:{}: {}", path_, std::strerror(errno)));
    }
}

TesterListener::~TesterListener() {
    ::unlink(path_.c_str());
}

Descriptor TesterListener::accept() const {
    for (;;) {
        wait_until_readable(socket_.number());
        Descriptor tester(::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        if (tester.is_open()) return tester;
    }
}

std::optional<UnixMessage> receive_message(int tester) {
    Bytes bytes(kMessageSizeMax);
    wait_until_readable(tester);
    const ssize_t length = ::recv(tester, bytes.data(), bytes.size(), 0);
    if (length <= 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(length));
    return parse_unix_message(bytes);
}

void send_message(int tester, const UnixMessage& message) {
    const Bytes bytes = encode(message);
    (void)::send(tester, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace conform
