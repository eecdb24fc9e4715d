// SPDX-License-Identifier: Apache-2.0
/// An attachment that lets through no more than the first frames of a case: which of them a device
/// cannot bear is found by halving their number.
#pragma once

#include <algorithm>

#include "attach/attachment.hh"

namespace conform {

/// Whether a frame is none of the stimuli: ARP, and the question whether the device is alive.
inline bool is_upkeep(ByteView frame) {
    constexpr std::size_t kType = 12;
    constexpr std::uint16_t kArp = 0x0806;
    constexpr std::string_view kQuestion = "shunt-conform: are you there?";
    if (frame.size() >= kType + 2 && load_u16(frame, kType) == kArp) return true;
    return std::search(frame.begin(), frame.end(), kQuestion.begin(), kQuestion.end()) !=
           frame.end();
}

class StimulusLimit : public Attachment {
  public:
    StimulusLimit(Attachment& device, std::size_t limit) : device_(device), limit_(limit) {}

    Time now() const override { return device_.now(); }
    void send(Link link, ByteView frame) override {
        if (is_upkeep(frame) || sent_++ < limit_) device_.send(link, frame);
    }
    std::vector<LinkFrame> progress(Time until) override { return device_.progress(until); }
    void send_control(const std::string& line) override { device_.send_control(line); }
    std::vector<std::string> take_control() override { return device_.take_control(); }

  private:
    Attachment& device_;
    std::size_t limit_;
    std::size_t sent_ = 0;
};

}  // namespace conform
