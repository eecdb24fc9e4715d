// SPDX-License-Identifier: Apache-2.0
#include "app/run_options.hh"

#include <fmt/format.h>

#include <charconv>

#include "attach/attachment.hh"

namespace conform {
namespace {

/// More parts than a suite has cases are a slip of the pen.
constexpr std::uint32_t kShardsMax = 10'000;

/// A number without sign and blanks, from 1 on; 0 for anything else.
std::uint32_t number_of(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

Shard parse_shard(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const Shard shard{number_of(text.substr(0, slash)), number_of(text.substr(slash + 1))};
        if (shard.index >= 1 && shard.index <= shard.count && shard.count <= kShardsMax) {
            return shard;
        }
    }
    throw UsageError(fmt::format("--shard: expected I/N with I from 1 to N and N to {}, got {}",
                                 kShardsMax, text));
}

CaseOrder parse_order(std::string_view text) {
    if (text == "suite") return CaseOrder::Suite;
    if (text == "random") return CaseOrder::Random;
    throw UsageError(fmt::format("--order: expected suite or random, got {}", text));
}

std::uint32_t parse_count(std::string_view option, std::string_view text, std::uint32_t most) {
    const std::uint32_t count = number_of(text);
    if (count >= 1 && count <= most) return count;
    throw UsageError(
        fmt::format("--{}: expected a number from 1 to {}, got {}", option, most, text));
}

Date parse_today(std::string_view text) {
    if (const std::optional<Date> date = Date::from_string(text)) return *date;
    throw UsageError(fmt::format("--today: expected a date such as 2027-01-31, got {}", text));
}

}  // namespace conform
