// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/unix_listener.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace shunt::runtime {
namespace {

constexpr int kBacklog = 16;

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

Failure<SetupError> refuse(const std::string& path, std::string_view why) {
    return Failure{SetupError{fmt::format("{}: {}", path, why)}};
}

/// True if the path is a socket that no process listens on any more.
bool is_left_behind(const sockaddr_un& address, int type) {
    struct stat status {};
    if (lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const FileDescriptor probe(socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return connect(probe.number(), generic(address), sizeof address) != 0 && errno == ECONNREFUSED;
}

std::optional<std::pair<dev_t, ino_t>> file_at(const std::string& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return std::nullopt;
    return std::pair(status.st_dev, status.st_ino);
}

int bind_private(int socket, const sockaddr_un& address) {
    const mode_t previous = umask(0177);
    const int result = bind(socket, generic(address), sizeof address);
    const int reason = errno;
    umask(previous);
    errno = reason;
    return result;
}

}  // namespace

UnixListener::UnixListener(FileDescriptor socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)), file_(file_at(path_)) {}

UnixListener::~UnixListener() {
    if (socket_ && file_ && file_at(path_) == file_) unlink(path_.c_str());
}

Result<UnixListener, SetupError> UnixListener::open(const std::string& path, Type type) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return refuse(
            path, fmt::format("a socket's path has 1 to {} bytes", sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int kind = type == Type::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    FileDescriptor socket(::socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return refuse(path, system_reason(errno));
    int result = bind_private(socket.number(), address);
    if (result != 0 && errno == EADDRINUSE) {
        if (!is_left_behind(address, kind))
            return refuse(path, "is there already and is served, or is no socket");
        unlink(address.sun_path);
        result = bind_private(socket.number(), address);
    }
    if (result != 0) return refuse(path, fmt::format("cannot bind: {}", system_reason(errno)));
    UnixListener listener(std::move(socket), path);
    if (listen(listener.descriptor(), kBacklog) != 0) return refuse(path, system_reason(errno));
    return listener;
}

FileDescriptor UnixListener::accept() {
    return FileDescriptor(
        accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace shunt::runtime
