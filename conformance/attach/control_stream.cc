// SPDX-License-Identifier: Apache-2.0
#include "attach/control_stream.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "attach/attachment.hh"

namespace conform {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

Descriptor connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        throw AttachmentError(fmt::format("{}: longer than a socket's path may be", path));
    }
    path.copy(address.sun_path, path.size());
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor.number(), generic, sizeof(address)) != 0) {
        throw AttachmentError(fmt::format("upper tester {}: {}", path, std::strerror(errno)));
    }
    return descriptor;
}

}  // namespace

ControlStream::ControlStream(const std::string& path) : descriptor_(connect_to(path)) {}

void ControlStream::send(const std::string& line) {
    const std::string bytes = line + "\n";
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count =
            ::send(descriptor_.number(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw DeviceGone("the upper tester has closed its socket");
        sent += static_cast<std::size_t>(count);
    }
}

std::vector<std::string> ControlStream::take() {
    std::vector<std::string> lines;
    std::array<char, kReadSize> buffer{};
    for (;;) {
        const ssize_t count =
            ::recv(descriptor_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return lines;
        if (count <= 0) throw DeviceGone("the upper tester has closed its socket");
        begun_.append(buffer.data(), static_cast<std::size_t>(count));
        for (auto end = begun_.find('\n'); end != std::string::npos; end = begun_.find('\n')) {
            lines.push_back(begun_.substr(0, end));
            begun_.erase(0, end + 1);
        }
    }
}

}  // namespace conform
