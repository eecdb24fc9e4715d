// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/generated_content.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace shunt::node {
namespace {

using Block = std::array<std::uint8_t, kContentBlock>;

Block block_at(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    Block block{};
    std::uint64_t rest = number * kContentBlock;
    for (std::size_t i = kContentBlock - 1; i-- > 0; rest >>= 4) {
        block[i] = static_cast<std::uint8_t>(digits[rest & 0xF]);
    }
    block[kContentBlock - 1] = '\n';
    return block;
}

}  // namespace

std::uint8_t generated_byte(std::uint64_t offset) {
    return block_at(offset / kContentBlock)[offset % kContentBlock];
}

void generate(std::uint64_t offset, MutableBytes into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const Block block = block_at((offset + done) / kContentBlock);
        const std::size_t from = (offset + done) % kContentBlock;
        const std::size_t count = std::min(kContentBlock - from, into.size() - done);
        std::memcpy(into.data() + done, block.data() + from, count);
        done += count;
    }
}

std::optional<std::uint64_t> generated_size(std::string_view target) {
    constexpr std::string_view marker = "/bytes/";
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    const std::size_t at = target.rfind(marker);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = target.substr(at + marker.size());
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (error != std::errc{} || end != digits.data() + digits.size() || size > most) {
        return std::nullopt;
    }
    return size;
}

}  // namespace shunt::node
