// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/congestion/new_reno.hh"

#include <algorithm>

namespace shunt::tcp::congestion {
namespace {

// No window of the wire is larger (RFC 7323 2.3).
constexpr std::uint64_t kWindowMax = 1U << 30;

std::uint32_t halved(std::uint32_t flight_size, std::uint32_t segment_size) {
    return std::max(flight_size / 2, 2 * segment_size);
}

}  // namespace

void NewReno::set_window(std::uint64_t bytes) {
    window_ = static_cast<std::uint32_t>(std::min(bytes, kWindowMax));
}

void NewReno::on_acknowledged(std::uint32_t count, std::uint32_t segment_size, bool was_limiting,
                              std::uint32_t segments_max) {
    if (!was_limiting) return;
    if (is_in_slow_start()) {
        set_window(std::uint64_t{window_} + std::min(count, segments_max * segment_size));
        return;
    }
    counted_ += count;
    if (counted_ < window_) return;
    counted_ -= window_;
    set_window(std::uint64_t{window_} + segment_size);
}

void NewReno::on_congestion(std::uint32_t flight_size, std::uint32_t segment_size) {
    threshold_ = halved(flight_size, segment_size);
    set_window(threshold_);
    counted_ = 0;
}

void NewReno::on_timeout(std::uint32_t flight_size, std::uint32_t segment_size, bool is_first) {
    if (is_first) threshold_ = halved(flight_size, segment_size);
    set_window(segment_size);
    counted_ = 0;
}

void NewReno::restart_after_idle(std::uint32_t initial_window) {
    set_window(std::min(window_, initial_window));
}

void NewReno::restore(std::uint32_t window, std::uint32_t threshold) {
    set_window(window);
    threshold_ = threshold;
    counted_ = 0;
}

}  // namespace shunt::tcp::congestion
