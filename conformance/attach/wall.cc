// SPDX-License-Identifier: Apache-2.0
#include "attach/wall.hh"

#include <poll.h>

#include <algorithm>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::size_t kFramesPerBatchMax = 256;

}  // namespace

void WallAttachment::send(Link link, ByteView frame) {
    for (const auto& port : ports_) {
        if (port->carries(link)) return port->send(link, frame);
    }
    throw AttachmentError("no port carries the link");
}

void WallAttachment::send_control(const std::string& line) {
    if (control_address_.empty()) return Attachment::send_control(line);
    if (!control_) control_ = open_upper_tester(control_address_);
    control_->send(line);
}

std::vector<std::string> WallAttachment::take_control() {
    return control_ ? control_->take() : std::vector<std::string>{};
}

std::uint64_t WallAttachment::dropped() {
    for (const auto& port : ports_)
        dropped_ += port->take_dropped();
    return dropped_;
}

std::vector<LinkFrame> WallAttachment::receive_all() {
    std::vector<LinkFrame> frames;
    for (bool has_more = true; has_more && frames.size() < kFramesPerBatchMax;) {
        has_more = false;
        for (const auto& port : ports_) {
            std::optional<LinkFrame> frame = port->receive();
            if (!frame) continue;
            frames.push_back(std::move(*frame));
            has_more = true;
        }
    }
    return frames;
}

std::vector<LinkFrame> WallAttachment::progress(Time until) {
    std::vector<pollfd> readable;
    readable.reserve(ports_.size());
    for (const auto& port : ports_)
        readable.push_back({port->descriptor(), POLLIN, 0});
    for (;;) {
        throw_if_interrupted();
        std::vector<LinkFrame> frames = receive_all();
        const Duration left = until - now();
        if (!frames.empty() || left <= Duration::zero()) return frames;
        const timespec patience{std::min<std::int64_t>(left.count() / 1'000'000'000, 3600),
                                left.count() % 1'000'000'000};
        ::ppoll(readable.data(), readable.size(), &patience, nullptr);
    }
}

}  // namespace conform
