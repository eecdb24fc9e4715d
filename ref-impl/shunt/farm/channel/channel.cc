// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/channel.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"

namespace shunt::farm {

namespace {

bool is_bulk(wire::ControlKind kind) {
    return kind == wire::ControlKind::Blob || kind == wire::ControlKind::ObjectCreate ||
           kind == wire::ControlKind::ObjectCall || kind == wire::ControlKind::ObjectResult;
}

}  // namespace

bool Channel::queue(const wire::ControlHeader& header, ByteView body) {
    Lane& lane = is_bulk(header.kind) ? bulk_ : prompt_;
    const std::size_t size = wire::kControlHeaderSize + body.size();
    if (lane.size + size > kWaitingMax) return false;
    std::vector<std::uint8_t> frame(size);
    header.write_to(frame, body.size());
    std::copy(body.begin(), body.end(),
              frame.begin() + static_cast<std::ptrdiff_t>(wire::kControlHeaderSize));
    lane.size += size;
    lane.frames.push_back(std::move(frame));
    return true;
}

/// The rest of the one under way, or the next.
bool Channel::has_frame_to_send() {
    if (sent_ < sending_.size()) return true;
    Lane& lane = prompt_.frames.empty() ? bulk_ : prompt_;
    if (lane.frames.empty()) return false;
    sending_ = std::move(lane.frames.front());
    lane.frames.pop_front();
    lane.size -= sending_.size();
    sent_ = 0;
    return true;
}

void Channel::flush(stack::SocketSet& sockets, Instant now) {
    while (has_frame_to_send()) {
        const ByteView rest = ByteView(sending_).subspan(sent_);
        const auto taken = sockets.send(origin_.socket, rest, now);
        // Whatever the error is, reading meets it too.
        if (!taken) return;
        sent_ += *taken;
        if (sent_ < sending_.size()) return;
    }
    sending_ = {};  // it may have been long
    sent_ = 0;
}

Channel::Reading Channel::read(stack::SocketSet& sockets, Instant now) {
    if (reader_.frame()) reader_.drop();
    for (;;) {
        if (consumed_ == arrived_.size()) {
            arrived_.resize(kChunk);
            consumed_ = 0;
            const auto count = sockets.receive(origin_.socket, arrived_, now);
            arrived_.resize(count ? *count : 0);
            if (!count && count.error() == stack::ApiError::WouldBlock) return Reading::Nothing;
            if (!count || *count == 0) return Reading::Over;
            if (!is_mutant(Mutant::CountsFramesAsLife)) last_heard_ = now;
        }
        const auto taken = reader_.take(ByteView(arrived_).subspan(consumed_));
        if (!taken) return Reading::Broken;
        consumed_ += *taken;
        if (reader_.frame()) {
            last_heard_ = now;
            return Reading::Frame;
        }
        if (is_mutant(Mutant::ExpectsWholeFrames)) reader_.drop();
    }
}

}  // namespace shunt::farm
