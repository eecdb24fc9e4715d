// SPDX-License-Identifier: Apache-2.0
#include "attach/qemu_port.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kReadSize = std::size_t{64} << 10;
/// Taken in while a send waits for room; what is more stays in the socket.
constexpr std::size_t kBegunMax = std::size_t{4} << 20;
constexpr std::chrono::seconds kSendPatience{10};
constexpr int kPauseMilliseconds = 100;

}  // namespace

void QemuPort::await_room() {
    const bool may_take_in = !has_ended_ && begun_.size() < kBegunMax;
    const auto events = static_cast<short>(may_take_in ? POLLOUT | POLLIN : POLLOUT);
    pollfd either{descriptor_.number(), events, 0};
    ::poll(&either, 1, kPauseMilliseconds);
    throw_if_interrupted();
    if (may_take_in) take_in();
}

void QemuPort::send(Link, ByteView frame) {
    if (frame.empty() || frame.size() > kFrameSizeMax) {
        throw AttachmentError(
            fmt::format("qemu:{}: a frame of {} bytes has no place there", path_, frame.size()));
    }
    Bytes message;
    message.reserve(kLengthSize + frame.size());
    append_u32(message, static_cast<std::uint32_t>(frame.size()));
    append(message, frame);
    const auto give_up = std::chrono::steady_clock::now() + kSendPatience;
    for (std::size_t sent = 0; sent < message.size();) {
        const ssize_t count = ::send(descriptor_.number(), message.data() + sent,
                                     message.size() - sent, MSG_NOSIGNAL);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
        } else if (errno != EAGAIN && errno != EINTR) {
            throw DeviceGone(fmt::format("qemu:{}: the device closed the connection: {}", path_,
                                         std::strerror(errno)));
        } else if (std::chrono::steady_clock::now() >= give_up) {
            throw DeviceHangs(fmt::format("qemu:{}: the device takes no more frames", path_));
        } else {
            await_room();
        }
    }
}

void QemuPort::take_in() {
    std::array<std::uint8_t, kReadSize> buffer;
    const ssize_t count = ::recv(descriptor_.number(), buffer.data(), buffer.size(), 0);
    if (count > 0) {
        begun_.erase(begun_.begin(), begun_.begin() + static_cast<std::ptrdiff_t>(given_));
        given_ = 0;
        append(begun_, ByteView(buffer).first(static_cast<std::size_t>(count)));
        return;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    has_ended_ = true;
}

std::optional<LinkFrame> QemuPort::receive() {
    const auto is_whole = [this](ByteView rest) {
        if (rest.size() < kLengthSize) return false;
        const std::size_t length = load_u32(rest, 0);
        if (length == 0 || length > kFrameSizeMax) {
            throw DeviceMisbehaves(
                fmt::format("qemu:{}: the device sent a frame of {} bytes, "
                            "expected 1 to {}",
                            path_, length, kFrameSizeMax));
        }
        return rest.size() - kLengthSize >= length;
    };
    if (!is_whole(ByteView(begun_).subspan(given_)) && !has_ended_) take_in();
    const ByteView rest = ByteView(begun_).subspan(given_);
    if (is_whole(rest)) {
        const ByteView frame = rest.subspan(kLengthSize, load_u32(rest, 0));
        given_ += kLengthSize + frame.size();
        return LinkFrame{link_, Bytes(frame.begin(), frame.end())};
    }
    if (!has_ended_) return std::nullopt;
    if (!rest.empty()) {
        throw DeviceMisbehaves(
            fmt::format("qemu:{}: the device closed the connection within a frame, after {} bytes",
                        path_, rest.size()));
    }
    throw DeviceGone(fmt::format("qemu:{}: the device closed the connection", path_));
}

}  // namespace conform
