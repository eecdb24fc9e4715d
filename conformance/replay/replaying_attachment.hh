// SPDX-License-Identifier: Apache-2.0
/// The device as a record has it: it says what it said then, whatever the case sends now. Who
/// drives the case hands it the frames; lines of the upper tester come as they are asked for.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attach/attachment.hh"
#include "pdu/capture.hh"

namespace conform {

class ReplayingAttachment : public Attachment {
  public:
    explicit ReplayingAttachment(const Conversation& conversation) : conversation_(conversation) {}

    Time now() const override { return conversation_.turns[turn_]; }
    void send(Link, ByteView) override {}
    void send_control(const std::string&) override {}

    std::vector<std::string> take_control() override {
        std::vector<std::string> lines;
        for (; next_ < conversation_.control.size(); ++next_) {
            const ControlLine& line = conversation_.control[next_];
            if (line.direction == Direction::ToDevice) continue;
            if (line.question != question_) break;
            lines.push_back(line.text);
        }
        ++question_;
        return lines;
    }

    /// The device does nothing by itself.
    std::vector<LinkFrame> progress(Time) override { return {}; }

    /// What the device said in the next turn, a position in the conversation's.
    std::vector<LinkFrame> enter(std::size_t turn) {
        turn_ = turn;
        std::vector<LinkFrame> frames;
        for (; frame_ < conversation_.frames.size() && conversation_.frames[frame_].turn == turn;
             ++frame_) {
            const CapturedFrame& frame = conversation_.frames[frame_];
            if (frame.direction == Direction::FromDevice)
                frames.push_back({frame.link, frame.bytes});
        }
        return frames;
    }

  private:
    const Conversation& conversation_;
    std::size_t turn_ = 0;
    std::size_t frame_ = 0;
    std::size_t next_ = 0;
    std::size_t question_ = 0;
};

}  // namespace conform
