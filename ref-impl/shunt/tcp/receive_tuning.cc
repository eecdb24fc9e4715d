// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/receive_tuning.hh"

#include <algorithm>
#include <limits>

namespace shunt::tcp {
namespace {

// The tick of the timestamp clock, and what a pause of the peer's application may look like.
constexpr std::int64_t kSampleMinUs = 1'000;
constexpr std::int64_t kSampleMaxUs = 10'000'000;

}  // namespace

std::optional<std::uint32_t> ReceiveTuning::on_text(Instant now, std::uint32_t read,
                                                    std::uint32_t window,
                                                    std::optional<Duration> echo_age) {
    if (echo_age) measure(*echo_age);
    const std::uint32_t count = read - read_at_begin_;
    // Without timestamps a window's worth stands for the round trip, which is never longer.
    const bool is_over = round_trip_us_ > 0 ? now - began_ >= Duration::microseconds(round_trip_us_)
                                            : count >= window;
    if (!is_over) return std::nullopt;
    began_ = now;
    read_at_begin_ = read;
    const std::uint64_t wanted = std::uint64_t{count} * kWindowPerRead;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(wanted, std::numeric_limits<std::uint32_t>::max()));
}

void ReceiveTuning::measure(Duration echo_age) {
    const auto sample = static_cast<std::uint32_t>(
        std::clamp(echo_age.to_microseconds(), kSampleMinUs, kSampleMaxUs));
    round_trip_us_ =
        round_trip_us_ == 0 ? sample : round_trip_us_ - round_trip_us_ / 8 + sample / 8;
}

}  // namespace shunt::tcp
