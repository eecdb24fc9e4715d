// SPDX-License-Identifier: Apache-2.0
// Named counters with stable, dotted names. A parser's error is the counter that the drop
// increments, so that every drop increments exactly one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt {

enum class Counter : std::uint16_t {
#define SHUNT_COUNTER(identifier, name, sentence) identifier,
#include "shunt/base/counters.def"
#undef SHUNT_COUNTER
    kCount  // not a counter
};

inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kCount);

/// The dotted name that users see, e.g. "drop.tcp.checksum".
std::string_view counter_name(Counter counter);
/// One sentence: what has happened when it goes up.
std::string_view counter_sentence(Counter counter);

class Counters {
  public:
    void add(Counter counter, std::uint64_t count = 1) {
        values_[static_cast<std::size_t>(counter)] += count;
    }
    std::uint64_t value(Counter counter) const {
        return values_[static_cast<std::size_t>(counter)];
    }

  private:
    std::array<std::uint64_t, kCounterCount> values_{};
};

}  // namespace shunt
