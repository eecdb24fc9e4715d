// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/checksum.hh"

#include <bit>
#include <cstring>

namespace shunt::wire {
namespace {

constexpr std::uint16_t fold(std::uint64_t sum) {
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

constexpr std::uint16_t swap_bytes(std::uint16_t value) {
    return static_cast<std::uint16_t>((value << 8) | (value >> 8));
}

template <typename Word>
std::uint64_t native(const std::uint8_t* bytes) {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

constexpr std::uint64_t low_half(std::uint64_t word) {
    return word & 0xFFFF'FFFF;
}

constexpr std::uint64_t high_half(std::uint64_t word) {
    return word >> 32;
}

// Sums words of the machine's own order, as wide as they come: RFC 1071 2 (B) and (C) allow both,
// and the result's two bytes are put in order once. 32 bits at a time into 64 leaves room for every
// carry of 2^32 additions, and four sums do not wait for each other.
std::uint16_t big_endian_sum(ByteView bytes) {
    std::uint64_t sums[4] = {};
    const std::uint8_t* next = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 16; next += 16, left -= 16) {
        const auto first = native<std::uint64_t>(next);
        const auto second = native<std::uint64_t>(next + 8);
        sums[0] += low_half(first);
        sums[1] += high_half(first);
        sums[2] += low_half(second);
        sums[3] += high_half(second);
    }
    std::uint64_t sum = sums[0] + sums[1] + sums[2] + sums[3];
    for (; left >= 4; next += 4, left -= 4)
        sum += native<std::uint32_t>(next);
    if (left >= 2) sum += native<std::uint16_t>(next);
    if (left % 2 != 0) {
        const std::uint8_t padded[2] = {next[left - 1], 0};  // RFC 1071 2: a zero byte follows
        sum += native<std::uint16_t>(padded);
    }
    const std::uint16_t folded = fold(sum);
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

void ChecksumAccumulator::add_u16(std::uint16_t value) {
    sum_ += is_odd_ ? swap_bytes(value) : value;
}

std::uint16_t ChecksumAccumulator::sum() const {
    return fold(sum_);
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
    return static_cast<std::uint16_t>(~fold(sum));
}

}  // namespace shunt::wire
