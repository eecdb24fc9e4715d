// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_virtual.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attach/interrupt.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kQuietPatience{10'000};
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

void UnixVirtual::send_control(const std::string& line) {
    socket_.send(encode(ControlMessage{line}));
    has_unanswered_ = true;
}

std::vector<std::string> UnixVirtual::take_control() {
    return std::exchange(control_lines_, {});
}

void UnixVirtual::count_advance() {
    if (++advances_ > limits_.advances) {
        throw DeviceHangs(fmt::format(
            "the device names one deadline after the other: {} of them, and it is {} ns now",
            limits_.advances, now_.count()));
    }
    if (std::chrono::steady_clock::now() >= give_up_) {
        throw DeviceHangs(fmt::format("one case takes more than {} s of wall time, and it is {} ns",
                                      limits_.wall_time.count(), now_.count()));
    }
}

void UnixVirtual::keep(UnixMessage&& message) {
    if (auto* frame = std::get_if<LinkFrame>(&message)) {
        bytes_in_advance_ += frame->bytes.size();
        frames_.push_back(std::move(*frame));
    } else if (auto* control = std::get_if<ControlMessage>(&message)) {
        bytes_in_advance_ += control->line.size();
        control_lines_.push_back(std::move(control->line));
    } else {
        throw DeviceMisbehaves("the device sent a message that is the tester's: advance or hello");
    }
    if (++messages_in_advance_ < limits_.messages_per_advance &&
        bytes_in_advance_ < limits_.bytes_per_advance) {
        return;
    }
    throw DeviceHangs(fmt::format("{} messages or {} bytes without being quiet",
                                  limits_.messages_per_advance, limits_.bytes_per_advance));
}

void UnixVirtual::take_what_came_before() {
    while (std::optional<UnixMessage> message = socket_.receive(std::chrono::milliseconds(0))) {
        if (std::holds_alternative<QuietMessage>(*message)) {
            throw DeviceMisbehaves(fmt::format(
                "the device sent a quiet that answers no advance, at {} ns", now_.count()));
        }
        keep(std::move(*message));
    }
}

std::vector<LinkFrame> UnixVirtual::advance(Time to) {
    throw_if_interrupted();
    count_advance();
    messages_in_advance_ = 0;
    bytes_in_advance_ = 0;
    take_what_came_before();
    now_ = to;
    has_unanswered_ = false;
    socket_.send(encode(AdvanceMessage{static_cast<std::uint64_t>(to.count())}));
    for (;;) {
        std::optional<UnixMessage> message = socket_.receive(kQuietPatience);
        if (!message) {
            throw DeviceHangs(fmt::format("no quiet within {} s of an advance to {} ns",
                                          kQuietPatience.count() / 1000, to.count()));
        }
        if (const auto* quiet = std::get_if<QuietMessage>(&*message)) {
            device_deadline_ = to_time(quiet->next_deadline);
            return std::exchange(frames_, {});
        }
        keep(std::move(*message));
    }
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
