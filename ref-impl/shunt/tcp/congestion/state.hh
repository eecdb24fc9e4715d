// SPDX-License-Identifier: Apache-2.0
// Congestion control as it moves with a connection: the "fine state" of docs/protocol/endpoint.md,
// queue 5. Window and threshold themselves are in the control block.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"

namespace shunt::tcp::congestion {

/// The numbers of the wire.
enum class Algorithm : std::uint8_t {
    NewReno = 1,
    Cubic = 2,
};

/// RFC 9438's variables. Windows are bytes, times whole milliseconds.
struct CubicState {
    std::uint32_t window_max = 0;
    /// cwnd_epoch.
    std::uint32_t window_at_epoch = 0;
    /// W_est.
    std::uint32_t reno_estimate = 0;
    /// Since the current congestion avoidance stage began; nothing before it begins.
    std::optional<Duration> epoch_age{};
    /// K.
    Duration time_to_window_max{};

    bool operator==(const CubicState&) const = default;
};

struct State {
    Algorithm algorithm = Algorithm::NewReno;
    /// Meaningful if algorithm is Cubic.
    CubicState cubic{};

    bool operator==(const State&) const = default;
};

}  // namespace shunt::tcp::congestion
