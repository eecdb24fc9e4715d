// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_virtual.hh"

#include <fmt/format.h>

#include <algorithm>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kQuietPatience{10'000};
constexpr std::size_t kFramesPerAdvanceMax = 100'000;
constexpr int kStaleDeadlinesMax = 100;

Time to_time(std::uint64_t nanoseconds) {
    const auto limit = static_cast<std::uint64_t>(kNever.count());
    return nanoseconds >= limit ? kNever : Time(static_cast<std::int64_t>(nanoseconds));
}

}  // namespace

void UnixVirtual::send(Link link, ByteView frame) {
    socket_.send(encode_frame_message(link, frame));
    has_unanswered_ = true;
}

std::vector<LinkFrame> UnixVirtual::advance(Time to) {
    throw_if_interrupted();
    now_ = to;
    has_unanswered_ = false;
    socket_.send(encode(AdvanceMessage{static_cast<std::uint64_t>(to.count())}));
    std::vector<LinkFrame> frames;
    while (frames.size() < kFramesPerAdvanceMax) {
        std::optional<UnixMessage> message = socket_.receive(kQuietPatience);
        if (!message) {
            throw DeviceHangs(fmt::format("no quiet within {} s of an advance to {} ns",
                                          kQuietPatience.count() / 1000, to.count()));
        }
        if (auto* frame = std::get_if<LinkFrame>(&*message)) {
            frames.push_back(std::move(*frame));
        } else if (const auto* quiet = std::get_if<QuietMessage>(&*message)) {
            device_deadline_ = to_time(quiet->next_deadline);
            return frames;
        }
    }
    throw DeviceHangs(fmt::format("more than {} frames without being quiet", kFramesPerAdvanceMax));
}

std::vector<LinkFrame> UnixVirtual::progress(Time until) {
    // What was sent at this instant is answered at this instant, before time goes on.
    if (has_unanswered_) {
        std::vector<LinkFrame> frames = advance(now_);
        if (!frames.empty()) return frames;
    }
    const Time next = std::min(until, device_deadline_);
    if (next > now_) {
        stale_deadlines_ = 0;
        return advance(next);
    }
    if (until <= now_) return {};
    if (++stale_deadlines_ > kStaleDeadlinesMax) {
        throw DeviceHangs(
            fmt::format("the device names a deadline at {} ns that has passed, {} times",
                        device_deadline_.count(), kStaleDeadlinesMax));
    }
    return advance(now_);
}

}  // namespace conform
