// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/host_clock.hh"

#include "shunt/base/assert.hh"

namespace shunt::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

Instant HostClock::read_fast(Instant truth) const {
    const std::int64_t passed = (truth - truth_base_).to_nanoseconds();
    // In two parts, so that a century does not overflow.
    const std::int64_t gained = passed / kMillion * fast_ + passed % kMillion * fast_ / kMillion;
    return reading_base_ + Duration::nanoseconds(passed + gained);
}

Instant HostClock::when(Instant reading) const {
    if (reading <= reading_base_) return truth_base_;
    if (fast_ == 0) return truth_base_ + (reading - reading_base_);
    const std::int64_t shown = (reading - reading_base_).to_nanoseconds();
    const std::int64_t pace = kMillion + fast_;
    // Rounded down; read() rounds down too, so that the first instant is a few steps on at most.
    std::int64_t passed = shown / pace * kMillion + shown % pace * kMillion / pace;
    Instant truth = truth_base_ + Duration::nanoseconds(passed);
    while (read(truth) < reading)
        truth = truth_base_ + Duration::nanoseconds(++passed);
    return truth;
}

void HostClock::jump(Duration forward, Instant now) {
    SHUNT_ASSERT(forward >= Duration{}, "a clock never goes back");
    reading_base_ = read(now) + forward;
    truth_base_ = now;
}

void HostClock::run_fast(std::uint32_t parts_per_million, Instant now) {
    SHUNT_ASSERT(parts_per_million <= kFastMax, "a clock this bad is broken");
    reading_base_ = read(now);
    truth_base_ = now;
    fast_ = parts_per_million;
}

}  // namespace shunt::sim
