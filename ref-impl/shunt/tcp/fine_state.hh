// SPDX-License-Identifier: Apache-2.0
// What moves with a connection beside its control block because the block is too coarse for it:
// times in microseconds and congestion control (docs/protocol/endpoint.md, queue 5).
#pragma once

#include <optional>

#include "shunt/base/time.hh"
#include "shunt/tcp/congestion/state.hh"

namespace shunt::tcp {

struct FineState {
    /// Zero: nothing was measured.
    Duration smoothed_rtt;
    Duration rtt_variation;
    Duration minimum_rtt;
    /// RTO, backoff included.
    Duration retransmission_timeout;
    /// Remaining time, more than zero; nothing if the timer is off.
    std::optional<Duration> retransmit;
    std::optional<Duration> persist;
    std::optional<Duration> keep_alive;
    std::optional<Duration> delayed_acknowledgment;
    congestion::State congestion;

    bool operator==(const FineState&) const = default;
};

}  // namespace shunt::tcp
