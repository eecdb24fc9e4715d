// SPDX-License-Identifier: Apache-2.0
#include "roles/wire.hh"

#include <fmt/format.h>

#include <algorithm>

namespace conform {
namespace {

/// More than any case needs; a device that sends more has lost its mind.
constexpr std::size_t kFramesPerCaseMax = 50'000;
constexpr std::size_t kBytesPerCaseMax = std::size_t{64} << 20;

}  // namespace

Wire::Wire(Attachment& attachment, const Iut& iut, Keeps keeps)
    : attachment_(attachment),
      binding_(iut),
      keeps_(std::move(keeps)),
      scheduler_(attachment,
                 [this](const LinkFrame& frame, Time at) { return receive(frame, at); }) {}

std::size_t Wire::send_as_is(Link link, Bytes frame) {
    attachment_.send(link, frame);
    Frame decoded = decode_frame(frame, framing());
    capture_.push_back({now(),
                        link,
                        Direction::ToDevice,
                        std::move(frame),
                        std::move(decoded),
                        {},
                        false,
                        false,
                        scheduler_.turn()});
    return capture_.size() - 1;
}

void Wire::send_control(const std::string& line) {
    attachment_.send_control(line);
    control_lines_.push_back(
        {now(), Direction::ToDevice, line, scheduler_.turn(), capture_.size(), 0});
}

std::vector<std::string> Wire::take_control() {
    std::vector<std::string> lines = attachment_.take_control();
    for (const std::string& line : lines) {
        control_lines_.push_back(
            {now(), Direction::FromDevice, line, scheduler_.turn(), capture_.size(), questions_});
    }
    ++questions_;
    return lines;
}

bool Wire::receive(const LinkFrame& frame, Time at) {
    bytes_received_ += frame.bytes.size();
    if (capture_.size() >= kFramesPerCaseMax || bytes_received_ > kBytesPerCaseMax) {
        throw DeviceHangs(fmt::format("more than {} frames or {} bytes in one case",
                                      kFramesPerCaseMax, kBytesPerCaseMax));
    }
    capture_.push_back({at,
                        frame.link,
                        Direction::FromDevice,
                        frame.bytes,
                        decode_frame(frame.bytes, framing()),
                        {},
                        false,
                        false,
                        scheduler_.turn()});
    const std::size_t number = capture_.size() - 1;
    const bool is_taken = std::any_of(
        listeners_.begin(), listeners_.end(),
        [&](FrameListener* listener) { return listener->hear(number, capture_[number]); });
    if (is_taken || keeps_(capture_[number].frame)) return true;
    // A role may have answered in the meantime, but one that took nothing has sent nothing.
    capture_.pop_back();
    bytes_received_ -= frame.bytes.size();
    return false;
}

void Inbox::push(std::size_t number) {
    numbers_.push_back(number);
    if (waiter_ != nullptr) scheduler_.wake(*waiter_);
}

void Inbox::nudge() {
    if (waiter_ != nullptr) scheduler_.wake(*waiter_);
}

std::size_t Inbox::pop() {
    const std::size_t number = numbers_.front();
    numbers_.pop_front();
    return number;
}

}  // namespace conform
