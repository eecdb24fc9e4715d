// SPDX-License-Identifier: Apache-2.0
// A segment on its way through the steps of RFC 9293 3.10.7.4: read from its view once, cut to the
// window as it goes.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::tcp {

/// SEG.*.
struct ArrivingSegment {
    explicit ArrivingSegment(const wire::TcpView& view)
        : sequence(view.sequence()),
          acknowledgment(view.acknowledgment()),
          flags(view.flags()),
          window(view.window()),
          is_window_scaled(!flags.syn),
          urgent_pointer(view.urgent_pointer()),
          options(view.options()),
          is_congestion_experienced(view.ecn() == wire::EcnCodepoint::CongestionExperienced),
          text(view.payload()),
          arrived_length(view.segment_length()) {}

    /// SEG.LEN.
    std::uint32_t length() const {
        return static_cast<std::uint32_t>(text.size()) + (flags.syn ? 1 : 0) + (flags.fin ? 1 : 0);
    }
    /// SEG.WND in bytes, where the peer shifts its windows by `scale`.
    std::uint32_t offered_window(std::uint8_t scale) const {
        return is_window_scaled ? std::uint32_t{window} << scale : window;
    }
    /// Takes the SYN away, and its number with it.
    void strip_syn() {
        flags.syn = false;
        sequence = sequence + 1;
    }

    SequenceNumber sequence;
    SequenceNumber acknowledgment;
    wire::TcpFlags flags;
    std::uint16_t window;
    /// That of a SYN never is (RFC 7323 2.2).
    bool is_window_scaled;
    std::uint16_t urgent_pointer;
    wire::TcpOptions options;
    /// RFC 3168 5: the network says so.
    bool is_congestion_experienced;
    ByteView text;
    /// length() before anything was cut.
    std::uint32_t arrived_length;
};

/// What a step leaves to the next: go on, or stop, and then perhaps why the segment was dropped.
class [[nodiscard]] Outcome {
  public:
    static Outcome go_on() { return Outcome(false, std::nullopt); }
    static Outcome stop() { return Outcome(true, std::nullopt); }
    static Outcome drop(Counter counter) { return Outcome(true, counter); }

    bool stops() const { return stops_; }
    std::optional<Counter> dropped() const { return dropped_; }

  private:
    Outcome(bool stops, std::optional<Counter> dropped) : stops_(stops), dropped_(dropped) {}
    bool stops_;
    std::optional<Counter> dropped_;
};

}  // namespace shunt::tcp
