// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/channel.hh"

#include <algorithm>

namespace shunt::farm {

bool Channel::queue(const wire::ControlHeader& header, ByteView body) {
    const std::size_t size = wire::kControlHeaderSize + body.size();
    if (waiting_ + size > kWaitingMax) return false;
    std::vector<std::uint8_t> frame(size);
    header.write_to(frame, body.size());
    std::copy(body.begin(), body.end(),
              frame.begin() + static_cast<std::ptrdiff_t>(wire::kControlHeaderSize));
    waiting_ += size;
    outgoing_.push_back(std::move(frame));
    return true;
}

void Channel::flush(stack::SocketSet& sockets, Instant now) {
    while (!outgoing_.empty()) {
        const ByteView rest = ByteView(outgoing_.front()).subspan(sent_of_first_);
        const auto taken = sockets.send(origin_.socket, rest, now);
        // Whatever the error is, reading meets it too.
        if (!taken) return;
        sent_of_first_ += *taken;
        waiting_ -= *taken;
        if (sent_of_first_ < outgoing_.front().size()) return;
        outgoing_.pop_front();
        sent_of_first_ = 0;
    }
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
            last_heard_ = now;
        }
        const auto taken = reader_.take(ByteView(arrived_).subspan(consumed_));
        if (!taken) return Reading::Broken;
        consumed_ += *taken;
        if (reader_.frame()) return Reading::Frame;
    }
}

}  // namespace shunt::farm
