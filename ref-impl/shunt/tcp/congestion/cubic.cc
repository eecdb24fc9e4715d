// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/congestion/cubic.hh"

#include <algorithm>
#include <limits>

namespace shunt::tcp::congestion {
namespace {

// beta_cubic = 0.7 (4.6).
constexpr std::uint64_t kBetaNumerator = 7;
constexpr std::uint64_t kBetaDenominator = 10;
// alpha_cubic = 3 * (1 - beta) / (1 + beta) = 9/17 (4.3).
constexpr std::uint64_t kAlphaNumerator = 9;
constexpr std::uint64_t kAlphaDenominator = 17;
// C = 0.4 segments per second cubed (5.1): 0.4 * ms^3 / 10^9 = ms^3 / 2,500 / 10^6.
constexpr std::uint64_t kCubeDivisor = 2'500;
constexpr std::uint64_t kMillion = 1'000'000;
// 0.4 * 131 s cubed is 900,000 segments: no window is larger, and nothing overflows.
constexpr std::uint64_t kTimeMaxMs = 1U << 17;
constexpr std::uint64_t kWindowMax = 1U << 30;

/// The largest integer whose cube is not larger than `value`.
std::uint32_t cube_root(std::uint64_t value) {
    std::uint64_t root = 0;
    for (int bit = 20; bit >= 0; --bit) {
        const std::uint64_t candidate = root | std::uint64_t{1} << bit;
        if (candidate * candidate * candidate <= value) root = candidate;
    }
    return static_cast<std::uint32_t>(root);
}

std::uint64_t milliseconds(Duration span) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(span.to_milliseconds(), 0));
}

std::uint32_t scaled(std::uint32_t window, std::uint64_t numerator, std::uint64_t denominator) {
    return static_cast<std::uint32_t>(std::uint64_t{window} * numerator / denominator);
}

}  // namespace

std::uint64_t Cubic::window_at(Duration since_epoch, std::uint32_t window_max,
                               Duration time_to_window_max, std::uint32_t segment_size) {
    const std::uint64_t now_ms = milliseconds(since_epoch);
    const std::uint64_t inflection_ms = milliseconds(time_to_window_max);
    const std::uint64_t away_ms =
        std::min(std::max(now_ms, inflection_ms) - std::min(now_ms, inflection_ms), kTimeMaxMs);
    const std::uint64_t change =
        away_ms * away_ms * away_ms / kCubeDivisor * segment_size / kMillion;
    if (now_ms >= inflection_ms) return window_max + change;
    return window_max - std::min<std::uint64_t>(window_max, change);
}

Duration Cubic::time_to(std::uint32_t window_max, std::uint32_t window,
                        std::uint32_t segment_size) {
    const std::uint64_t below = window_max - std::min(window_max, window);
    return Duration::milliseconds(cube_root(below * kCubeDivisor * kMillion / segment_size));
}

void Cubic::begin_epoch(const Acknowledged& acknowledged, std::uint32_t window) {
    epoch_at_ = last_at_ = acknowledged.now;
    window_at_epoch_ = reno_estimate_ = window;
    window_max_ = std::max(window_max_, window);
    const Duration wait = time_to(window_max_, window, acknowledged.segment_size);
    time_to_max_ms_ = static_cast<std::uint32_t>(wait.to_milliseconds());
    estimate_remainder_ = window_remainder_ = 0;
}

std::uint32_t Cubic::grow(const Acknowledged& acknowledged, std::uint32_t window) {
    if (!epoch_at_) begin_epoch(acknowledged, window);
    const Duration since_last = acknowledged.now - last_at_;
    last_at_ = acknowledged.now;
    if (!acknowledged.was_limiting) {
        epoch_at_ = *epoch_at_ + since_last;
        return 0;
    }
    grow_estimate(acknowledged, window);
    const Duration since_epoch = acknowledged.now - *epoch_at_;
    const Duration inflection = Duration::milliseconds(time_to_max_ms_);
    const std::uint32_t size = acknowledged.segment_size;
    if (window_at(since_epoch, window_max_, inflection, size) < reno_estimate_) {
        return reno_estimate_ - std::min(reno_estimate_, window);  // 4.3
    }
    // 4.4, 4.5: per round trip to where W_cubic will be by then, and half as much again at most.
    const std::uint64_t target = std::clamp<std::uint64_t>(
        window_at(since_epoch + acknowledged.round_trip, window_max_, inflection, size), window,
        std::uint64_t{window} + window / 2);
    const std::uint64_t share = acknowledged.count * (target - window) + window_remainder_;
    window_remainder_ = static_cast<std::uint32_t>(share % window);
    return static_cast<std::uint32_t>(std::min(share / window, kWindowMax));
}

/// 4.3, equation 4: what Reno would have.
void Cubic::grow_estimate(const Acknowledged& acknowledged, std::uint32_t window) {
    // cwnd_prior: from it the stage began with beta times as much.
    const std::uint64_t prior = std::uint64_t{window_at_epoch_} * kBetaDenominator / kBetaNumerator;
    const bool is_caught_up = reno_estimate_ >= prior;
    const std::uint64_t numerator = is_caught_up ? kAlphaDenominator : kAlphaNumerator;
    const std::uint64_t count = std::min(acknowledged.count, window);
    const std::uint64_t share = count * acknowledged.segment_size * numerator + estimate_remainder_;
    const std::uint64_t divisor = kAlphaDenominator * window;
    estimate_remainder_ = share % divisor;
    reno_estimate_ = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(reno_estimate_ + share / divisor, kWindowMax));
}

std::uint32_t Cubic::reduce(std::uint32_t window, std::uint32_t flight_size,
                            std::uint32_t segment_size) {
    // 4.7, fast convergence: a flow that has not come back to where it was makes room.
    const bool is_shrinking = window < window_max_;
    window_max_ = is_shrinking
                      ? scaled(window, kBetaDenominator + kBetaNumerator, 2 * kBetaDenominator)
                      : window;
    epoch_at_.reset();
    return std::max(scaled(flight_size, kBetaNumerator, kBetaDenominator), 2 * segment_size);
}

std::uint32_t Cubic::reduce_at_timeout(std::uint32_t window, std::uint32_t flight_size,
                                       std::uint32_t segment_size) {
    const std::uint32_t threshold = reduce(window, flight_size, segment_size);
    window_max_ = 0;
    return threshold;
}

void Cubic::pause(Duration span) {
    if (!epoch_at_) return;
    epoch_at_ = *epoch_at_ + span;
    last_at_ = last_at_ + span;
}

CubicState Cubic::state(Instant now) const {
    return {.window_max = window_max_,
            .window_at_epoch = window_at_epoch_,
            .reno_estimate = reno_estimate_,
            .epoch_age = epoch_at_ ? std::optional(now - *epoch_at_) : std::nullopt,
            .time_to_window_max = Duration::milliseconds(time_to_max_ms_)};
}

void Cubic::restore(const CubicState& state, Instant now) {
    window_max_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(state.window_max, kWindowMax));
    window_at_epoch_ = state.window_at_epoch;
    reno_estimate_ =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(state.reno_estimate, kWindowMax));
    time_to_max_ms_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        milliseconds(state.time_to_window_max), std::numeric_limits<std::uint32_t>::max()));
    epoch_at_ = state.epoch_age ? std::optional(now - *state.epoch_age) : std::nullopt;
    last_at_ = now;
    estimate_remainder_ = window_remainder_ = 0;
}

}  // namespace shunt::tcp::congestion
