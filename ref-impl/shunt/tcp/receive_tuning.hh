// SPDX-License-Identifier: Apache-2.0
// How wide a window the application deserves: it follows what is read in a round trip (dynamic
// right-sizing; TCP-5), so that a peer waits for us no longer than for the network, and what
// nobody reads gets no more room.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"

namespace shunt::tcp {

class ReceiveTuning {
  public:
    /// Twice what is read, for one half is on its way while the other is being acknowledged, and
    /// twice again for a peer in slow start.
    static constexpr std::uint32_t kWindowPerRead = 4;

    /// Text has come. `read` counts the bytes that the application has read, modulo 2^32, `window`
    /// is the limit of ours; `echo_age` says how long ago we sent what the segment echoes
    /// (RFC 7323 4.1). Once in a round trip returns the window that is wanted, in bytes.
    std::optional<std::uint32_t> on_text(Instant now, std::uint32_t read, std::uint32_t window,
                                         std::optional<Duration> echo_age);

  private:
    void measure(Duration echo_age);

    Instant began_;
    std::uint32_t read_at_begin_ = 0;
    std::uint32_t round_trip_us_ = 0;  // smoothed; zero without timestamps
};

}  // namespace shunt::tcp
