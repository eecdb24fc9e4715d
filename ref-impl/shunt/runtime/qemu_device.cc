// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/qemu_device.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace shunt::runtime {
namespace {

constexpr int kSendBuffer = 4 << 20;

std::size_t load_length(ByteView bytes) {
    return std::size_t{bytes[0]} << 24U | std::size_t{bytes[1]} << 16U |
           std::size_t{bytes[2]} << 8U | std::size_t{bytes[3]};
}

std::array<std::uint8_t, 4> to_length(std::size_t length) {
    return {static_cast<std::uint8_t>(length >> 24U), static_cast<std::uint8_t>(length >> 16U),
            static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length)};
}

bool may_go_on(int reason) {
    return reason == EAGAIN || reason == EINTR || reason == ENOBUFS;
}

}  // namespace

QemuDevice::QemuDevice(FileDescriptor socket, const std::string& path, PacketPool& pool,
                       Counters& counters)
    : socket_(std::move(socket)), path_(path), pool_(pool), counters_(counters) {}

Result<std::unique_ptr<QemuDevice>, SetupError> QemuDevice::open(const std::string& path,
                                                                 PacketPool& pool,
                                                                 Counters& counters) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Failure{SetupError{fmt::format("qemu:{}: longer than a socket's path", path)}};
    path.copy(address.sun_path, path.size());
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.number(), generic, sizeof address) != 0)
        return Failure{SetupError{
            fmt::format("qemu:{}: nobody listens there: {}", path, system_reason(errno))}};
    return with(std::move(socket), path, pool, counters);
}

std::unique_ptr<QemuDevice> QemuDevice::with(FileDescriptor socket, const std::string& path,
                                             PacketPool& pool, Counters& counters) {
    fcntl(socket.number(), F_SETFL, O_NONBLOCK);
    // The queues of some connections that move at once.
    const int size = kSendBuffer;
    setsockopt(socket.number(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return std::unique_ptr<QemuDevice>(new QemuDevice(std::move(socket), path, pool, counters));
}

void QemuDevice::end(const std::string& reason) {
    is_gone_ = true;
    complaint_ = fmt::format("qemu:{}: {}", path_, reason);
}

/// False if nothing has come.
bool QemuDevice::read_more() {
    arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(handed_out_));
    handed_out_ = 0;
    const std::size_t before = arrived_.size();
    arrived_.resize(before + kReadSize);
    const ssize_t count = recv(socket_.number(), arrived_.data() + before, kReadSize, 0);
    const int reason = errno;
    arrived_.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0) end("the other side has closed the connection");
    if (count < 0 && !may_go_on(reason)) end(system_reason(reason));
    return count > 0;
}

/// Size of the frame that stands at the front, if all of it is there.
std::optional<std::size_t> QemuDevice::whole_frame() {
    const ByteView rest = ByteView(arrived_).subspan(handed_out_);
    if (rest.size() < kLengthSize) return std::nullopt;
    const std::size_t length = load_length(rest);
    if (length == 0 || length > kFrameMax) {
        end(fmt::format("expected a frame of 1 to {} bytes, got {}", kFrameMax, length));
        return std::nullopt;
    }
    if (rest.size() - kLengthSize < length) return std::nullopt;
    return length;
}

std::optional<Packet> QemuDevice::receive() {
    finish_begun();
    for (int dropped = 0; dropped < kDropsInARowMax && !is_gone_;) {
        const std::optional<std::size_t> length = whole_frame();
        if (!length) {
            if (is_gone_ || !read_more()) return std::nullopt;
            continue;
        }
        const ByteView frame = ByteView(arrived_).subspan(handed_out_ + kLengthSize, *length);
        handed_out_ += kLengthSize + *length;
        if (*length <= Packet::kCapacity) return pool_.copy(frame);
        counters_.add(Counter::DropDeviceTruncated);
        ++dropped;
    }
    return std::nullopt;
}

/// False if the socket has no room for the rest of a frame.
bool QemuDevice::finish_begun() {
    if (begun_.empty()) return true;
    const ssize_t count = send(socket_.number(), begun_.data(), begun_.size(), MSG_NOSIGNAL);
    if (count < 0) {
        if (!may_go_on(errno)) end(system_reason(errno));
        return false;
    }
    begun_.erase(begun_.begin(), begun_.begin() + count);
    return begun_.empty();
}

bool QemuDevice::transmit(Packet frame) {
    if (is_gone_ || !finish_begun()) {
        counters_.add(Counter::DropDeviceFull);
        return false;
    }
    auto length = to_length(frame.size());
    const MutableBytes content = frame.mutable_bytes();
    std::array<iovec, 2> parts{{{length.data(), length.size()}, {content.data(), content.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = sendmsg(socket_.number(), &message, MSG_NOSIGNAL);
    if (count < 0) {
        if (!may_go_on(errno)) end(system_reason(errno));
        counters_.add(Counter::DropDeviceFull);
        return false;
    }
    const auto sent = static_cast<std::size_t>(count);
    if (sent == length.size() + content.size()) return true;
    const ByteView head = ByteView(length).subspan(std::min(sent, length.size()));
    const ByteView tail = content.subspan(sent - std::min(sent, length.size()));
    begun_.assign(head.begin(), head.end());
    begun_.insert(begun_.end(), tail.begin(), tail.end());
    return true;
}

std::optional<std::string> QemuDevice::take_complaint() {
    return std::exchange(complaint_, std::nullopt);
}

}  // namespace shunt::runtime
