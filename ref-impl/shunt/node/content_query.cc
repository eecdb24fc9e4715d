// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/content_query.hh"

#include <algorithm>
#include <array>

#include "shunt/base/byte_order.hh"
#include "shunt/base/hex_digits.hh"

namespace shunt::node {
namespace {

constexpr std::string_view kStream = "stream=";
constexpr std::size_t kDigits = 6;

std::optional<std::uint32_t> read_stream(std::string_view digits) {
    if (digits.size() != kDigits) return std::nullopt;
    std::array<char, sizeof(std::uint64_t)> word{'0', '0'};
    std::copy(digits.begin(), digits.end(), word.begin() + 2);
    const HexDigits read = read_hex(load_word(word.data()));
    return read.faults == 0 ? std::optional(read.value) : std::nullopt;
}

}  // namespace

std::optional<ContentQuery> read_content_query(std::string_view query) {
    ContentQuery wanted;
    while (!query.empty()) {
        const std::size_t size = std::min(query.find('&'), query.size());
        const std::string_view parameter = query.substr(0, size);
        query.remove_prefix(std::min(size + 1, query.size()));
        if (parameter == "verify") wanted.is_verified = true;
        if (!parameter.starts_with(kStream)) continue;
        if (wanted.stream) return std::nullopt;
        wanted.stream = read_stream(parameter.substr(kStream.size()));
        if (!wanted.stream) return std::nullopt;
    }
    return wanted;
}

}  // namespace shunt::node
