// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/congestion/control.hh"

#include <algorithm>

namespace shunt::tcp::congestion {
namespace {

// No window of the wire is larger (RFC 7323 2.3).
constexpr std::uint64_t kWindowMax = 1U << 30;

}  // namespace

Control::Control(Algorithm algorithm, std::uint32_t initial_window) : window_(initial_window) {
    switch (algorithm) {
        case Algorithm::Cubic:
            break;  // the variant's first
        case Algorithm::NewReno:
            algorithm_.emplace<NewReno>();
            break;
    }
}

void Control::set_window(std::uint64_t bytes) {
    window_ = static_cast<std::uint32_t>(std::min(bytes, kWindowMax));
}

void Control::on_acknowledged(const Acknowledged& acknowledged) {
    if (!is_in_slow_start()) {
        const std::uint32_t growth = std::visit(
            [&](auto& algorithm) { return algorithm.grow(acknowledged, window_); }, algorithm_);
        set_window(std::uint64_t{window_} + growth);
    } else if (acknowledged.was_limiting) {
        const std::uint32_t limit = acknowledged.segments_max * acknowledged.segment_size;
        set_window(std::uint64_t{window_} + std::min(acknowledged.count, limit));
    }
}

void Control::on_congestion(std::uint32_t flight_size, std::uint32_t segment_size) {
    threshold_ = std::visit(
        [&](auto& algorithm) { return algorithm.reduce(window_, flight_size, segment_size); },
        algorithm_);
    set_window(threshold_);
}

void Control::on_timeout(std::uint32_t flight_size, std::uint32_t segment_size, bool is_first) {
    if (is_first) {
        threshold_ = std::visit(
            [&](auto& algorithm) {
                return algorithm.reduce_at_timeout(window_, flight_size, segment_size);
            },
            algorithm_);
    }
    set_window(segment_size);
}

void Control::restart_after_idle(std::uint32_t initial_window, Duration idle) {
    set_window(std::min(window_, initial_window));
    std::visit([idle](auto& algorithm) { algorithm.pause(idle); }, algorithm_);
}

void Control::restore(std::uint32_t window, std::uint32_t threshold) {
    set_window(window);
    threshold_ = threshold;
}

State Control::state(Instant now) const {
    if (const Cubic* const cubic = std::get_if<Cubic>(&algorithm_)) {
        return {.algorithm = Algorithm::Cubic, .cubic = cubic->state(now)};
    }
    return {.algorithm = Algorithm::NewReno, .cubic = {}};
}

void Control::restore_state(const State& state, Instant now) {
    Cubic* const cubic = std::get_if<Cubic>(&algorithm_);
    if (cubic != nullptr && state.algorithm == Algorithm::Cubic) cubic->restore(state.cubic, now);
}

}  // namespace shunt::tcp::congestion
