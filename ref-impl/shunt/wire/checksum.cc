// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/checksum.hh"

#include <bit>
#include <cstring>

namespace shunt::wire {
namespace {

template <typename Word>
std::uint64_t native(const std::uint8_t* bytes) {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// Two words side by side: what every 64 bit machine can add in one instruction.
using WordPair = std::uint64_t __attribute__((vector_size(16)));

WordPair load_pair(const std::uint8_t* bytes) {
    WordPair pair{};
    std::memcpy(&pair, bytes, sizeof pair);
    return pair;
}

// Sums words of the machine's own order, as wide as they come: RFC 1071 2 (B) and (C) allow both,
// and the result's two bytes are put in order once. 32 bits at a time into 64 leaves room for every
// carry of 2^32 additions, and sums that stand apart do not wait for each other.
std::uint16_t big_endian_sum(ByteView bytes) {
    constexpr WordPair kLowHalves = {0xFFFF'FFFF, 0xFFFF'FFFF};
    WordPair low[2] = {};
    WordPair high[2] = {};
    const std::uint8_t* next = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 32; next += 32, left -= 32) {
        const WordPair first = load_pair(next);
        const WordPair second = load_pair(next + sizeof(WordPair));
        low[0] += first & kLowHalves;
        high[0] += first >> 32;
        low[1] += second & kLowHalves;
        high[1] += second >> 32;
    }
    const WordPair both = low[0] + low[1] + high[0] + high[1];
    std::uint64_t sum = both[0] + both[1];
    for (; left >= 4; next += 4, left -= 4)
        sum += native<std::uint32_t>(next);
    if (left >= 2) sum += native<std::uint16_t>(next);
    if (left % 2 != 0) {
        const std::uint8_t padded[2] = {next[left - 1], 0};  // RFC 1071 2: a zero byte follows
        sum += native<std::uint16_t>(padded);
    }
    const std::uint16_t folded = fold_checksum(sum);
    return std::endian::native == std::endian::little ? swap_bytes(folded) : folded;
}

}  // namespace

void ChecksumAccumulator::add(ByteView bytes) {
    if (bytes.empty()) return;
    const std::uint16_t sum = big_endian_sum(bytes);
    // Behind an odd number of bytes every byte stands in the other half of its word.
    sum_ += is_odd_ ? swap_bytes(sum) : sum;
    is_odd_ = is_odd_ != (bytes.size() % 2 != 0);
}

std::uint16_t internet_checksum(ByteView bytes) {
    ChecksumAccumulator accumulator;
    accumulator.add(bytes);
    return accumulator.checksum();
}

bool is_checksum_valid(ByteView bytes) {
    return big_endian_sum(bytes) == 0xFFFF;
}

std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) {
    const std::uint64_t sum = std::uint64_t{static_cast<std::uint16_t>(~checksum)} +
                              static_cast<std::uint16_t>(~before) + after;
    return static_cast<std::uint16_t>(~fold_checksum(sum));
}

}  // namespace shunt::wire
