// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/control_client.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "shunt/runtime/clock.hh"

namespace shunt::runtime {
namespace {

std::string reason_to_people(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
            return fmt::format("{}: there is no such socket; is the node running with --control?",
                               path);
        case ECONNREFUSED:
            return fmt::format("{}: no node answers there; it has ended and left its socket", path);
        case EACCES:
        case EPERM:
            return fmt::format("{}: only the user that the node was started by may use it", path);
        default:
            return fmt::format("{}: {}", path, system_reason(error));
    }
}

}  // namespace

Result<ControlClient, SetupError> ControlClient::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return Failure{SetupError{fmt::format("{}: a socket's path has 1 to {} bytes", path,
                                              sizeof address.sun_path - 1)}};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return Failure{SetupError{system_reason(errno)}};
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (connect(socket.number(), generic, sizeof address) != 0) {
        return Failure{SetupError{reason_to_people(path, errno)}};
    }
    return ControlClient(std::move(socket));
}

bool ControlClient::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

Result<std::string, ControlClient::Trouble> ControlClient::ask(std::string_view line,
                                                               Duration patience) {
    if (!send_all(std::string(line) + '\n')) {
        return Failure{errno == EINTR ? Trouble::Interrupted : Trouble::Failed};
    }
    const Instant until = monotonic_now() + patience;
    for (;;) {
        if (auto answer = lines_.pop()) return std::move(*answer);
        const Duration left = until - monotonic_now();
        if (left <= Duration::nanoseconds(0)) return Failure{Trouble::Silent};
        pollfd wanted{socket_.number(), POLLIN, 0};
        const auto wait_ms = static_cast<int>(left.to_nanoseconds() / 1'000'000 + 1);
        const int ready = poll(&wanted, 1, wait_ms);
        if (ready < 0) return Failure{errno == EINTR ? Trouble::Interrupted : Trouble::Failed};
        if (ready == 0) continue;
        std::array<char, 64 * 1024> buffer;
        const ssize_t count = recv(socket_.number(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) return Failure{Trouble::Interrupted};
        if (count == 0 || (count < 0 && errno == ECONNRESET)) return Failure{Trouble::Left};
        if (count < 0) return Failure{Trouble::Failed};
        lines_.push({buffer.data(), static_cast<std::size_t>(count)});
    }
}

}  // namespace shunt::runtime
