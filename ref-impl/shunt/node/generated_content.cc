// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/generated_content.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "shunt/base/byte_order.hh"
#include "shunt/base/hex_digits.hh"

namespace shunt::node {
namespace {

using Block = std::array<std::uint8_t, kContentBlock>;

Block block_at(std::uint64_t number) {
    const std::uint64_t offset = number * kContentBlock;
    const std::array<std::uint64_t, 2> words = {
        big_endian(spell_hex(static_cast<std::uint32_t>(offset >> 28))),
        big_endian(spell_hex(static_cast<std::uint32_t>(offset << 4)))};
    Block block{};
    std::memcpy(block.data(), words.data(), kContentBlock);
    block[kContentBlock - 1] = '\n';
    return block;
}

// A run of blocks has all digits in common but two, the first of which is the fifth of the second
// half: a block is what they have in common, and these two of a table beside it.
constexpr std::size_t kRunBlocks = 256;
constexpr std::size_t kHalf = sizeof(std::uint64_t);
constexpr std::size_t kOwnDigits = 4;
using Half = std::array<std::uint8_t, kHalf>;
// Both halves at once, in a register of every machine that has such ones.
using Halves [[gnu::vector_size(kContentBlock)]] = std::uint64_t;

constexpr std::uint64_t only_own_digits(std::uint64_t half) {
    auto bytes = std::bit_cast<Half>(half);
    for (std::size_t i = 0; i < kHalf; ++i)
        if (i != kOwnDigits && i != kOwnDigits + 1) bytes[i] = 0;
    return std::bit_cast<std::uint64_t>(bytes);
}

constexpr std::array<std::array<std::uint64_t, 2>, kRunBlocks> make_own_digits() {
    std::array<std::array<std::uint64_t, 2>, kRunBlocks> blocks{};
    for (std::uint32_t i = 0; i < kRunBlocks; ++i)
        blocks[i] = {0, only_own_digits(big_endian(spell_hex(i << 8)))};
    return blocks;
}

constexpr auto kOwn = make_own_digits();

/// Whole blocks from `offset` on, a multiple of their size, to the end of their run at most.
std::size_t generate_run(std::uint64_t offset, MutableBytes into) {
    const std::uint64_t first = offset / kContentBlock;
    const std::size_t index = first % kRunBlocks;
    const std::size_t count = std::min(into.size() / kContentBlock, kRunBlocks - index);
    auto common = std::bit_cast<Halves>(block_at(first));
    common[1] ^= only_own_digits(common[1]);
    std::uint8_t* to = into.data();
    for (std::size_t i = index; i < index + count; ++i, to += kContentBlock) {
        const Halves block = common | std::bit_cast<Halves>(kOwn[i]);
        std::memcpy(to, &block, kContentBlock);
    }
    return count * kContentBlock;
}

class GeneratedSource final : public ByteSource {
  public:
    void read(std::uint64_t offset, MutableBytes into) const override { generate(offset, into); }
};

}  // namespace

std::uint8_t generated_byte(std::uint64_t offset) {
    return block_at(offset / kContentBlock)[offset % kContentBlock];
}

void generate(std::uint64_t offset, MutableBytes into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const std::size_t from = (offset + done) % kContentBlock;
        if (from == 0 && into.size() - done >= kContentBlock) {
            done += generate_run(offset + done, into.subspan(done));
            continue;
        }
        const Block block = block_at((offset + done) / kContentBlock);
        const std::size_t count = std::min(kContentBlock - from, into.size() - done);
        std::memcpy(into.data() + done, block.data() + from, count);
        done += count;
    }
}

const std::shared_ptr<const ByteSource>& generated_source() {
    static const std::shared_ptr<const ByteSource> source = std::make_shared<GeneratedSource>();
    return source;
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
