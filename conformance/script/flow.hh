// SPDX-License-Identifier: Apache-2.0
/// The tester's side of one connection: from a script's relative numbers to segments, and from the
/// device's segments to events. It sends nothing by itself.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/bytes.hh"
#include "pdu/frame.hh"
#include "pdu/tcp_segment.hh"
#include "script/event.hh"
#include "script/script.hh"

namespace conform {

class Flow {
  public:
    /// The packet of a step; `time` is the script's, since its first step.
    Bytes make(const SegmentStep& step, Duration time);
    /// The ICMP message of a step.
    Bytes make(const IcmpStep& step) const;

    /// What was heard, in the script's numbers; absent for frames that are neither TCP nor ICMP.
    /// Learns the device's numbers, options and port.
    std::optional<Event> hear(const Frame& frame);

    /// The next `count` octets that the device's application sends: a pattern that hear() checks.
    std::string device_text(std::size_t count);

  private:
    std::uint32_t absolute(RelativeNumber number, std::uint32_t base) const;
    std::string text_of(const SegmentStep& step, RelativeNumber sequence) const;
    void learn(const TcpSegment& segment);
    void note_numbers(const TcpSegment& segment, Event& event) const;
    static void note_options(const TcpSegment& segment, Event& event);
    void note_window(const TcpSegment& segment, Event& event);

    SocketAddress self_;
    SocketAddress device_;
    std::uint32_t tester_base_ = 1'000'000;
    std::uint32_t device_base_ = 0x50000000;  // until it is known
    bool is_device_known_ = false;
    RelativeNumber tester_next_ = 0;
    RelativeNumber device_next_ = 0;
    RelativeNumber device_last_ = 0;
    std::uint16_t window_ = 65'535;
    bool has_offered_timestamps_ = false;
    bool has_timestamps_ = false;
    std::uint32_t device_timestamp_ = 0;
    bool has_offered_scale_ = false;
    std::uint8_t device_scale_ = 0;
    std::optional<RelativeNumber> right_edge_;
    std::size_t device_text_ = 0;
};

}  // namespace conform
