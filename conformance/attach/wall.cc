// SPDX-License-Identifier: Apache-2.0
#include "attach/wall.hh"

#include <poll.h>

#include <algorithm>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::size_t kFramesPerBatchMax = 256;

}  // namespace

WallAttachment::WallAttachment(std::vector<std::unique_ptr<WallPort>> ports, std::string control)
    : control_address_(std::move(control)), start_(std::chrono::steady_clock::now()) {
    sources_.reserve(ports.size());
    for (std::unique_ptr<WallPort>& port : ports)
        sources_.push_back({std::move(port)});
}

void WallAttachment::send(Link link, ByteView frame) {
    for (const Source& source : sources_) {
        if (source.port->carries(link)) return source.port->send(link, frame);
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
    for (const Source& source : sources_)
        dropped_ += source.port->take_dropped();
    return dropped_;
}

void WallAttachment::look() {
    // Who had nothing may have something that came before what another has by now.
    for (bool has_found = true; has_found;) {
        has_found = false;
        for (Source& source : sources_) {
            if (source.next) continue;
            source.next = source.port->receive();
            if (!source.next) continue;
            source.arrival = source.port->arrival();
            // Nobody knows but who reads it: who comes next is the other one's turn.
            if (source.arrival == source.arrival.zero())
                source.arrival = std::chrono::nanoseconds(++read_);
            has_found = true;
        }
    }
}

std::vector<LinkFrame> WallAttachment::receive_all() {
    std::vector<LinkFrame> frames;
    while (frames.size() < kFramesPerBatchMax) {
        look();
        Source* first = nullptr;
        for (Source& source : sources_) {
            if (!source.next) continue;
            if (first == nullptr || source.arrival < first->arrival) first = &source;
        }
        if (first == nullptr) break;
        frames.push_back(std::move(*first->next));
        first->next.reset();
    }
    return frames;
}

std::vector<LinkFrame> WallAttachment::progress(Time until) {
    std::vector<pollfd> readable;
    readable.reserve(sources_.size());
    for (const Source& source : sources_)
        readable.push_back({source.port->descriptor(), POLLIN, 0});
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
