// SPDX-License-Identifier: Apache-2.0
/// An attachment that measures, beside what the cases do, how late the device and the judge are:
/// an echo request each kBeat, whose answers nobody else sees, and whose own delay counts.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "attach/attachment.hh"
#include "iut/iut.hh"

namespace conform {

/// What a verdict may owe to the harness.
struct Noise {
    /// The worst: how long the device may have stood still, or by how much the judge was late
    /// itself. What was never answered does not count: a device that is dead is no noise.
    Duration late{};
    std::uint64_t dropped = 0;  ///< frames that the judge's machine has lost
};

class Pulse : public Attachment {
  public:
    /// Whoever stands still for less may do so between two requests, and nobody sees it.
    static constexpr std::chrono::milliseconds kBeat{10};

    Pulse(std::unique_ptr<Attachment> device, const Iut& iut);

    Time now() const override { return device_->now(); }
    void send(Link link, ByteView frame) override { device_->send(link, frame); }
    std::vector<LinkFrame> progress(Time until) override;
    void send_control(const std::string& line) override { device_->send_control(line); }
    std::vector<std::string> take_control() override { return device_->take_control(); }
    std::uint64_t dropped() override { return device_->dropped(); }

    /// What was measured since `from`.
    Noise noise_since(Time from);

  private:
    struct Sample {
        Time at;
        Noise noise;
    };

    void beat();
    void note_answer(Duration delay);
    /// True for an answer to the pulse, which it takes.
    bool take(const LinkFrame& frame);
    void note(const Noise& noise);

    std::unique_ptr<Attachment> device_;
    const Iut& iut_;
    std::uint16_t sequence_ = 0;
    Time next_beat_;
    Duration least_ = Duration::max();  ///< delay of an answer: the way there and back
    Time returned_{};                   ///< since then the judge is busy with what has come
    std::uint64_t dropped_ = 0;
    /// Of the last beats, by their sequence numbers; none: it has been answered.
    std::deque<std::optional<Time>> sent_;
    std::deque<Sample> samples_;
};

}  // namespace conform
