// SPDX-License-Identifier: Apache-2.0
/// The options of `fuzz`: which cases, and where what they find goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conform {

struct FuzzOptions {
    static constexpr std::uint64_t kUsualCount = 10'000;

    std::uint64_t from = 0;
    /// Absent: until the minutes are over, or kUsualCount.
    std::optional<std::uint64_t> count{};
    std::optional<std::uint32_t> minutes{};
    /// These alone: one by itself, several beside each other; empty: all from `from` on.
    std::vector<std::uint64_t> only{};
    std::string promote_path{};
};

/// A number of 64 bits; throws UsageError with what was expected. `option` for the message.
std::uint64_t parse_u64(std::string_view option, std::string_view text);
/// "17" or "17,23".
std::vector<std::uint64_t> parse_indices(std::string_view option, std::string_view text);

}  // namespace conform
