// SPDX-License-Identifier: Apache-2.0
// Points in time and their differences. There is no now(): the time comes in as an argument.
#pragma once

#include <compare>
#include <cstdint>

namespace shunt {

/// A span of time in nanoseconds; may be negative.
class Duration {
  public:
    constexpr Duration() = default;
    static constexpr Duration nanoseconds(std::int64_t n) { return Duration(n); }
    static constexpr Duration microseconds(std::int64_t n) { return Duration(n * 1'000); }
    static constexpr Duration milliseconds(std::int64_t n) { return Duration(n * 1'000'000); }
    static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000'000); }

    constexpr std::int64_t to_nanoseconds() const { return nanoseconds_; }
    /// Rounded toward zero.
    constexpr std::int64_t to_microseconds() const { return nanoseconds_ / 1'000; }
    /// Rounded toward zero.
    constexpr std::int64_t to_milliseconds() const { return nanoseconds_ / 1'000'000; }
    constexpr std::int64_t to_seconds() const { return nanoseconds_ / 1'000'000'000; }

    // clang-tidy 14 takes the 0 of a rewritten comparison for a pointer, here and elsewhere.
    // NOLINTNEXTLINE(modernize-use-nullptr)
    constexpr auto operator<=>(const Duration&) const = default;
    constexpr Duration operator+(Duration other) const {
        return Duration(nanoseconds_ + other.nanoseconds_);
    }
    constexpr Duration operator-(Duration other) const {
        return Duration(nanoseconds_ - other.nanoseconds_);
    }
    constexpr Duration operator*(std::int64_t factor) const {
        return Duration(nanoseconds_ * factor);
    }
    constexpr Duration operator/(std::int64_t divisor) const {
        return Duration(nanoseconds_ / divisor);
    }

  private:
    constexpr explicit Duration(std::int64_t n) : nanoseconds_(n) {}
    std::int64_t nanoseconds_ = 0;
};

/// A point on the caller's clock: nanoseconds since an origin that the caller chose.
class Instant {
  public:
    constexpr Instant() = default;
    static constexpr Instant from_nanoseconds(std::int64_t n) { return Instant(n); }

    constexpr std::int64_t to_nanoseconds() const { return nanoseconds_; }
    constexpr Duration since_origin() const { return Duration::nanoseconds(nanoseconds_); }

    // NOLINTNEXTLINE(modernize-use-nullptr)
    constexpr auto operator<=>(const Instant&) const = default;
    constexpr Instant operator+(Duration span) const {
        return Instant(nanoseconds_ + span.to_nanoseconds());
    }
    constexpr Instant operator-(Duration span) const {
        return Instant(nanoseconds_ - span.to_nanoseconds());
    }
    constexpr Duration operator-(Instant other) const {
        return Duration::nanoseconds(nanoseconds_ - other.nanoseconds_);
    }

  private:
    constexpr explicit Instant(std::int64_t n) : nanoseconds_(n) {}
    std::int64_t nanoseconds_ = 0;
};

}  // namespace shunt
