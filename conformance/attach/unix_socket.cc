// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_socket.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "attach/interrupt.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kConnectPause{10};
constexpr milliseconds kHelloPatience{10'000};
constexpr timeval kSendPatience{10, 0};
constexpr std::size_t kMessageSizeMax = 70'000;  // a jumbo TSO frame and the kind

sockaddr_un to_socket_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw UsageError(fmt::format("unix:{}: a socket path has at most {} bytes", path,
                                     sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Descriptor connect_to(const std::string& path, milliseconds patience) {
    const sockaddr_un address = to_socket_address(path);
    const auto give_up = steady_clock::now() + patience;
    for (;;) {
        throw_if_interrupted();
        Descriptor descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        // The C interface of connect() takes every family behind one type.
        if (::connect(descriptor.number(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) == 0) {
            return descriptor;
        }
        const int reason = errno;
        const bool may_come = reason == ENOENT || reason == ECONNREFUSED || reason == EAGAIN;
        if (!may_come || steady_clock::now() >= give_up) {
            throw AttachmentError(
                fmt::format("unix:{}: no device listens there: {}", path, std::strerror(reason)));
        }
        ::poll(nullptr, 0, static_cast<int>(kConnectPause.count()));
    }
}

}  // namespace

UnixSocket::UnixSocket(const std::string& path, std::uint8_t links, std::uint64_t seed,
                       milliseconds patience)
    : UnixSocket(connect_to(path, patience), links, seed) {}

UnixSocket::UnixSocket(Descriptor connected, std::uint8_t links, std::uint64_t seed)
    : descriptor_(std::move(connected)) {
    ::setsockopt(descriptor_.number(), SOL_SOCKET, SO_SNDTIMEO, &kSendPatience,
                 sizeof kSendPatience);
    exchange_hello(links, seed);
}

void UnixSocket::exchange_hello(std::uint8_t links, std::uint64_t seed) {
    send(encode(HelloMessage{HelloMessage::kVersion, links, seed}));
    const std::optional<UnixMessage> answer = receive(kHelloPatience);
    if (!answer) throw DeviceHangs("the device does not answer hello");
    const HelloMessage* hello = std::get_if<HelloMessage>(&*answer);
    if (hello == nullptr) throw DeviceMisbehaves("the device's first message is no hello");
    if (hello->version != HelloMessage::kVersion || hello->links != links) {
        throw AttachmentError(
            fmt::format("the device speaks version {} with {} links, expected version {} with {}",
                        hello->version, hello->links, HelloMessage::kVersion, links));
    }
}

void UnixSocket::send(const Bytes& message) {
    const ssize_t sent = ::send(descriptor_.number(), message.data(), message.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(message.size())) return;
    throw_if_interrupted();
    if (errno == EAGAIN) throw DeviceHangs("the device takes no more frames");
    if (errno == EMSGSIZE || errno == ENOBUFS || errno == ENOMEM) {
        throw AttachmentError(fmt::format("a message of {} bytes cannot be sent to the device: {}",
                                          message.size(), std::strerror(errno)));
    }
    throw DeviceGone(fmt::format("the device closed the connection: {}", std::strerror(errno)));
}

std::optional<UnixMessage> UnixSocket::receive(milliseconds patience) {
    pollfd readable{descriptor_.number(), POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(patience.count()));
    throw_if_interrupted();
    if (ready <= 0) return std::nullopt;
    Bytes bytes(kMessageSizeMax);
    // MSG_TRUNC: the length that the message had, also where it did not fit.
    const ssize_t length = ::recv(descriptor_.number(), bytes.data(), bytes.size(), MSG_TRUNC);
    if (length < 0) {
        throw DeviceGone(fmt::format("the device closed the connection: {}", std::strerror(errno)));
    }
    if (length == 0) throw DeviceGone("the device closed the connection");
    if (static_cast<std::size_t>(length) > bytes.size()) {
        throw DeviceMisbehaves(fmt::format(
            "the device sent a message of {} bytes, at most {} are one", length, kMessageSizeMax));
    }
    bytes.resize(static_cast<std::size_t>(length));
    std::optional<UnixMessage> message = parse_unix_message(bytes);
    if (!message) {
        throw DeviceMisbehaves(
            fmt::format("the device sent what is no message: {}", to_hex(bytes, 32)));
    }
    return message;
}

}  // namespace conform
