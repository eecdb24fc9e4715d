// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/named_content.hh"

#include <algorithm>
#include <array>
#include <cstring>

#include "shunt/base/assert.hh"
#include "shunt/base/byte_order.hh"
#include "shunt/base/hex_digits.hh"
#include "shunt/node/generated_content.hh"

namespace shunt::node {
namespace {

constexpr std::size_t kDot = 6;
constexpr std::size_t kNumber = kDot + 1;

using Block = std::array<std::uint8_t, kContentBlock>;

void spell(std::uint32_t value, std::uint8_t* into) {
    const std::uint64_t digits = big_endian(spell_hex(value));
    std::memcpy(into, &digits, sizeof(digits));
}

Block block_at(std::uint32_t stream, std::uint64_t number) {
    Block block{};
    spell(stream << 8U, block.data());
    block[kDot] = '.';
    spell(static_cast<std::uint32_t>(number), block.data() + kNumber);
    block[kContentBlock - 1] = '\n';
    return block;
}

class NamedSource final : public ByteSource {
  public:
    explicit NamedSource(std::uint32_t stream) : stream_(stream) {}
    void read(std::uint64_t offset, MutableBytes into) const override {
        generate_named(stream_, offset, into);
    }

  private:
    std::uint32_t stream_;
};

}  // namespace

void generate_named(std::uint32_t stream, std::uint64_t offset, MutableBytes into) {
    SHUNT_ASSERT(
        stream <= kStreamMax && offset <= kNamedSizeMax && into.size() <= kNamedSizeMax - offset,
        "a block names no other stream and no greater number");
    std::size_t done = 0;
    while (done < into.size()) {
        const std::uint64_t at = offset + done;
        const std::size_t from = at % kContentBlock;
        const std::size_t count = std::min(kContentBlock - from, into.size() - done);
        const Block block = block_at(stream, at / kContentBlock);
        std::memcpy(into.data() + done, block.data() + from, count);
        done += count;
    }
}

std::shared_ptr<const ByteSource> named_source(std::uint32_t stream) {
    return std::make_shared<NamedSource>(stream);
}

}  // namespace shunt::node
