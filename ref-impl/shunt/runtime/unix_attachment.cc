// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/unix_attachment.hh"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace shunt::runtime {
namespace {

/// The kernel caps it at net.core.wmem_max unless we may ask for more.
constexpr int kSendBuffer = 4 << 20;

void enlarge_send_buffer(int socket) {
    if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

}  // namespace

UnixAttachment::UnixAttachment(UnixListener listener)
    : listener_(std::move(listener)), current_(kMessageMax) {}

Result<UnixAttachment, SetupError> UnixAttachment::open(const std::string& path) {
    auto listener = UnixListener::open(path, UnixListener::Type::SequencedPackets);
    if (!listener) return Failure{SetupError{"unix:" + listener.error().text}};
    return UnixAttachment(std::move(*listener));
}

std::optional<int> UnixAttachment::accept() {
    if (connection_) return std::nullopt;
    connection_ = listener_.accept();
    if (!connection_) return std::nullopt;
    enlarge_send_buffer(connection_.number());
    return connection_.number();
}

void UnixAttachment::disconnect() {
    connection_.close();
    queue_.clear();
}

std::optional<ByteView> UnixAttachment::receive() {
    if (!queue_.empty()) {
        const std::vector<std::uint8_t> queued = std::move(queue_.front());
        queue_.pop_front();
        std::copy(queued.begin(), queued.end(), current_.begin());
        return ByteView(current_).first(queued.size());
    }
    const std::size_t size = read_message(current_);
    if (size == 0) return std::nullopt;
    return ByteView(current_).first(size);
}

/// Size of the message that was read; 0: none waits, or the connection has ended.
std::size_t UnixAttachment::read_message(std::vector<std::uint8_t>& into) {
    if (!connection_) return 0;
    const ssize_t count =
        recv(connection_.number(), into.data(), into.size(), MSG_TRUNC | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    const bool is_message = count > 0 && static_cast<std::size_t>(count) <= into.size();
    if (is_message) return static_cast<std::size_t>(count);
    connection_.close();  // the end, a fault, or longer than any message may be
    return 0;
}

UnixAttachment::Sent UnixAttachment::try_send(ByteView message) {
    if (!connection_) return Sent::Failed;
    const ssize_t count =
        ::send(connection_.number(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) return Sent::Whole;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return Sent::NoRoom;
    return errno == EMSGSIZE ? Sent::TooLong : Sent::Failed;
}

/// False if the tester made no room for too long.
bool UnixAttachment::wait_for_room() {
    pollfd waiting{};
    waiting.fd = connection_.number();
    waiting.events = POLLOUT;
    if (queue_.size() < kQueueMax) waiting.events |= POLLIN;
    if (::poll(&waiting, 1, kStallMaxMs) == 0) return false;
    if ((waiting.revents & POLLIN) != 0) {
        std::vector<std::uint8_t> message(kMessageMax);
        message.resize(read_message(message));
        message.shrink_to_fit();
        if (!message.empty()) queue_.push_back(std::move(message));
    }
    return true;
}

UnixAttachment::Sent UnixAttachment::send_patiently(ByteView message) {
    Sent result = try_send(message);
    while (result == Sent::NoRoom) {
        if (!wait_for_room()) {
            disconnect();
            return Sent::Failed;
        }
        result = try_send(message);
    }
    return result;
}

void UnixAttachment::send(ByteView message) {
    // A tester that has left is noticed by receive().
    send_patiently(message);
}

bool UnixAttachment::send_or_lose(ByteView message) {
    return try_send(message) == Sent::Whole;
}

void UnixAttachment::send_control(std::string_view line, std::string_view if_too_long) {
    std::vector<std::uint8_t> message;
    message.reserve(1 + line.size());
    message.push_back(kControlKind);
    message.insert(message.end(), line.begin(), line.end());
    const Sent result = send_patiently(message);
    if (result == Sent::TooLong && line != if_too_long) send_control(if_too_long, if_too_long);
}

}  // namespace shunt::runtime
