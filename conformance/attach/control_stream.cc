// SPDX-License-Identifier: Apache-2.0
#include "attach/control_stream.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "attach/attachment.hh"
#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

timeval to_timeval(std::chrono::milliseconds duration) {
    return {duration.count() / 1000, duration.count() % 1000 * 1000};
}

Descriptor connect_to(const std::string& path, std::chrono::milliseconds patience) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        throw AttachmentError(fmt::format("{}: longer than a socket's path may be", path));
    }
    path.copy(address.sun_path, path.size());
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit = to_timeval(patience);
    ::setsockopt(descriptor.number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor.number(), generic, sizeof(address)) != 0) {
        throw AttachmentError(fmt::format("upper tester {}: {}", path, std::strerror(errno)));
    }
    return descriptor;
}

}  // namespace

ControlStream::ControlStream(const std::string& path, std::chrono::milliseconds patience)
    : descriptor_(connect_to(path, patience)) {}

void ControlStream::send(const std::string& line) {
    const std::string bytes = line + "\n";
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        throw_if_interrupted();
        const ssize_t count =
            ::send(descriptor_.number(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            throw DeviceHangs("the upper tester takes no more requests");
        }
        if (count <= 0) throw DeviceGone("the upper tester has closed its socket");
        sent += static_cast<std::size_t>(count);
    }
}

std::vector<std::string> ControlStream::take() {
    std::vector<std::string> lines;
    std::array<char, kReadSize> buffer{};
    // What is behind the limit is taken the next time: a device that never stops is heard in turn
    // with everything else.
    for (std::size_t taken = 0; taken < kLineSizeMax;) {
        throw_if_interrupted();
        const ssize_t count =
            ::recv(descriptor_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return lines;
        if (count <= 0) throw DeviceGone("the upper tester has closed its socket");
        taken += static_cast<std::size_t>(count);
        std::string_view read(buffer.data(), static_cast<std::size_t>(count));
        for (auto end = read.find('\n'); end != std::string_view::npos; end = read.find('\n')) {
            lines.push_back(std::exchange(begun_, {}).append(read.substr(0, end)));
            read.remove_prefix(end + 1);
        }
        begun_.append(read);
        if (begun_.size() > kLineSizeMax) {
            throw DeviceMisbehaves(fmt::format(
                "the upper tester sent more than {} bytes without ending a line", kLineSizeMax));
        }
    }
    return lines;
}

}  // namespace conform
