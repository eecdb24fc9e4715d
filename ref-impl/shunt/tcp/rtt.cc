// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/rtt.hh"

#include <algorithm>
#include <limits>

#include "shunt/base/mutant.hh"

namespace shunt::tcp {
namespace {

constexpr std::uint32_t kU16Max = std::numeric_limits<std::uint16_t>::max();
// SRTT saturates where the control block's field does, so that a move does not change it.
constexpr std::uint32_t kScaledMaxUs = kU16Max * 1'000;
constexpr std::int64_t kSampleMaxUs = kScaledMaxUs / 8;
constexpr std::uint8_t kBackoffMax = 16;
// G of RFC 6298: the tick of the timestamp clock.
constexpr std::uint32_t kGranularityMs = 1;
constexpr std::uint32_t kCarefulTimeoutMs = 3'000;

constexpr std::uint32_t divided_up(std::uint32_t value, std::uint32_t divisor) {
    return (value + divisor - 1) / divisor;
}

constexpr std::uint16_t saturated(std::uint32_t value) {
    return static_cast<std::uint16_t>(std::min(value, kU16Max));
}

}  // namespace

void RttEstimator::sample(Duration round_trip) {
    const auto measured = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(round_trip.to_microseconds(), 1, kSampleMaxUs));
    if (!has_sample()) {
        smoothed_eighth_us_ = measured * 8;
        variation_fourth_us_ = measured * 2;  // R/2, times 4
        min_us_ = measured;
    } else {
        // beta = 1/4, alpha = 1/8, in this order (RFC 6298 2.3).
        const std::uint32_t smoothed = smoothed_eighth_us_ / 8;
        const std::uint32_t error = std::max(smoothed, measured) - std::min(smoothed, measured);
        variation_fourth_us_ += error;
        variation_fourth_us_ -= std::min(variation_fourth_us_, (variation_fourth_us_ - error) / 4);
        smoothed_eighth_us_ += measured;
        smoothed_eighth_us_ -= smoothed;
        min_us_ = std::min(min_us_, measured);
    }
    variation_fourth_us_ = std::min(variation_fourth_us_, kScaledMaxUs);
    smoothed_eighth_us_ = std::clamp<std::uint32_t>(smoothed_eighth_us_, 8, kScaledMaxUs);
    backoff_ = 0;
}

void RttEstimator::note_minimum(Duration round_trip) {
    if (!has_sample()) return;
    const std::int64_t measured = std::max<std::int64_t>(round_trip.to_microseconds(), 1);
    if (measured < min_us_) min_us_ = static_cast<std::uint32_t>(measured);
}

void RttEstimator::back_off() {
    if (is_mutant(Mutant::ForgetsBackoff)) return;
    if (backoff_ < kBackoffMax) ++backoff_;
}

void RttEstimator::be_careful_after_handshake() {
    initial_timeout_ms_ = std::max(initial_timeout_ms_, kCarefulTimeoutMs);
}

std::uint32_t RttEstimator::base_timeout_ms() const {
    if (!has_sample()) return initial_timeout_ms_;
    const std::uint32_t smoothed_ms = divided_up(divided_up(smoothed_eighth_us_, 1'000), 8);
    const std::uint32_t variation_ms = divided_up(variation_fourth_us_, 1'000);  // 4 * RTTVAR
    return std::clamp(smoothed_ms + std::max(kGranularityMs, variation_ms), min_timeout_ms_,
                      max_timeout_ms_);
}

std::uint32_t RttEstimator::timeout_ms() const {
    const std::uint64_t backed_off = std::uint64_t{base_timeout_ms()} << backoff_;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(backed_off, max_timeout_ms_));
}

RttEstimator::Snapshot RttEstimator::snapshot() const {
    return {.smoothed_eighth_ms = saturated(divided_up(smoothed_eighth_us_, 1'000)),
            .variation_fourth_ms = saturated(divided_up(variation_fourth_us_, 1'000)),
            .min_ms = saturated(divided_up(min_us_, 1'000)),
            .timeout_ms = saturated(timeout_ms())};
}

void RttEstimator::restore(const Snapshot& snapshot) {
    smoothed_eighth_us_ = snapshot.smoothed_eighth_ms * 1'000U;
    variation_fourth_us_ = snapshot.variation_fourth_ms * 1'000U;
    min_us_ = snapshot.min_ms * 1'000U;
    backoff_ = 0;
    if (!has_sample() && snapshot.timeout_ms > 0) initial_timeout_ms_ = snapshot.timeout_ms;
    while (backoff_ < kBackoffMax && timeout_ms() < snapshot.timeout_ms &&
           timeout_ms() < max_timeout_ms_) {
        ++backoff_;
    }
}

void RttEstimator::restore(Duration smoothed, Duration variation, Duration minimum,
                           Duration timeout) {
    const auto clamped_us = [](Duration span, std::uint32_t limit_us) {
        return static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(span.to_microseconds(), 0, limit_us));
    };
    smoothed_eighth_us_ = clamped_us(smoothed, kScaledMaxUs / 8) * 8;
    variation_fourth_us_ = clamped_us(variation, kScaledMaxUs / 4) * 4;
    min_us_ = clamped_us(minimum, kScaledMaxUs);
    const std::uint32_t wanted_ms = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(timeout.to_milliseconds(), 0, max_timeout_ms_));
    backoff_ = 0;
    if (!has_sample() && wanted_ms > 0) initial_timeout_ms_ = wanted_ms;
    // What is under a microsecond may have turned a millisecond of SRTT and one of RTTVAR; not so
    // the ceiling, which is exact.
    const bool is_at_ceiling = wanted_ms == max_timeout_ms_;
    const auto rounding_ms = [&] { return is_at_ceiling ? 0U : std::uint32_t{2} << backoff_; };
    while (backoff_ < kBackoffMax && timeout_ms() + rounding_ms() < wanted_ms)
        ++backoff_;
}

}  // namespace shunt::tcp
