// SPDX-License-Identifier: Apache-2.0
// Numbers that wrap modulo 2^32 (RFC 9293 3.4). There is no operator<: the words say the order.
#pragma once

#include <cstdint>

namespace shunt {

class SequenceNumber {
  public:
    constexpr SequenceNumber() = default;
    constexpr explicit SequenceNumber(std::uint32_t value) : value_(value) {}

    constexpr std::uint32_t value() const { return value_; }
    constexpr bool operator==(const SequenceNumber&) const = default;

    constexpr bool before(SequenceNumber other) const { return distance(other) < 0; }
    constexpr bool after(SequenceNumber other) const { return distance(other) > 0; }
    constexpr bool at_or_before(SequenceNumber other) const { return distance(other) <= 0; }
    constexpr bool at_or_after(SequenceNumber other) const { return distance(other) >= 0; }

    constexpr SequenceNumber operator+(std::uint32_t count) const {
        return SequenceNumber(value_ + count);
    }
    constexpr SequenceNumber operator-(std::uint32_t count) const {
        return SequenceNumber(value_ - count);
    }
    /// How many numbers this one is past `earlier`, modulo 2^32.
    constexpr std::uint32_t operator-(SequenceNumber earlier) const {
        return value_ - earlier.value_;
    }

  private:
    constexpr std::int32_t distance(SequenceNumber other) const {
        return static_cast<std::int32_t>(value_ - other.value_);
    }
    std::uint32_t value_ = 0;
};

}  // namespace shunt
