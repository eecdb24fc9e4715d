// SPDX-License-Identifier: Apache-2.0
// Where the lines of a text end, found 64 bytes at a time: a request's head has a dozen lines, and
// to look for the end of each by itself costs more than all else that is done with them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace shunt {

namespace line_feeds {

constexpr std::size_t kBlock = 64;

/// Bit i is set where byte i of a block is a line feed.
inline std::uint64_t mask_of_any(const char* block) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
        mask |= std::uint64_t{block[i] == '\n'} << i;
    return mask;
}

#ifdef __SSE2__
/// The same of 16 bytes.
inline std::uint64_t mask_of_quarter(const char* bytes) {
    __m128i quarter;
    std::memcpy(&quarter, bytes, sizeof quarter);
    const __m128i feeds = _mm_cmpeq_epi8(quarter, _mm_set1_epi8('\n'));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(feeds));
}

inline std::uint64_t mask_of(const char* block) {
    return mask_of_quarter(block) | mask_of_quarter(block + 16) << 16 |
           mask_of_quarter(block + 32) << 32 | mask_of_quarter(block + 48) << 48;
}
#else
inline std::uint64_t mask_of(const char* block) {
    return mask_of_any(block);
}
#endif

}  // namespace line_feeds

/// The line feeds of a text, one after the other. The text outlives it.
class LineFeeds {
  public:
    explicit LineFeeds(std::string_view text) : rest_(text.data()), end_(rest_ + text.size()) {}

    /// Null: there is no more.
    const char* next() {
        while (mask_ == 0) {
            if (rest_ == end_) return nullptr;
            look_further();
        }
        const char* feed = block_ + std::countr_zero(mask_);
        mask_ &= mask_ - 1;
        return feed;
    }

  private:
    void look_further() {
        using line_feeds::kBlock;
        const auto size = static_cast<std::size_t>(end_ - rest_);
        if (size >= kBlock) {
            block_ = rest_;
            mask_ = line_feeds::mask_of(block_);
            rest_ += kBlock;
        } else if (block_ != nullptr) {
            // The last block begins in what was looked at already: those bytes do not count again.
            block_ = end_ - kBlock;
            mask_ = line_feeds::mask_of(block_) & ~std::uint64_t{0} << (kBlock - size);
            rest_ = end_;
        } else {
            char padded[kBlock] = {};
            std::memcpy(padded, rest_, size);
            block_ = rest_;
            mask_ = line_feeds::mask_of(padded);
            rest_ = end_;
        }
    }

    const char* rest_;
    const char* end_;
    const char* block_ = nullptr;
    std::uint64_t mask_ = 0;
};

}  // namespace shunt
