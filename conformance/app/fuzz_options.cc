// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz_options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "attach/attachment.hh"

namespace conform {

// Not by Program_options, which reads -1 as 2^64 - 1.
std::uint64_t parse_u64(std::string_view option, std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw UsageError(
            fmt::format("--{}: expected a number from 0 to 2^64 - 1, got {}", option, text));
    }
    return number;
}

std::vector<std::uint64_t> parse_indices(std::string_view option, std::string_view text) {
    constexpr std::size_t kIndicesMax = 64;
    std::vector<std::uint64_t> indices;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        indices.push_back(parse_u64(option, text.substr(at, end - at)));
        at = end + 1;
    }
    std::ranges::sort(indices);
    const bool is_good =
        indices.size() <= kIndicesMax && std::ranges::adjacent_find(indices) == indices.end();
    if (is_good) return indices;
    throw UsageError(fmt::format("--{}: expected up to {} different numbers", option, kIndicesMax));
}

}  // namespace conform
