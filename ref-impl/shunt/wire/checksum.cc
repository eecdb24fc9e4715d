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

std::uint32_t native_u32(const std::uint8_t* bytes) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// Sums words of the machine's own order, 32 bits at a time: RFC 1071 2 (B) and (C) allow both, the
// result's bytes are put in order once. The inner loop of fixed length is what compilers vectorize;
// 64 bit lanes cannot overflow below 2^32 additions.
std::uint16_t big_endian_sum(ByteView bytes) {
    constexpr std::size_t lane_count = 8;
    constexpr std::size_t block_size = lane_count * sizeof(std::uint32_t);
    std::uint64_t lanes[lane_count] = {};
    const std::uint8_t* next = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= block_size; next += block_size, left -= block_size) {
        for (std::size_t lane = 0; lane < lane_count; ++lane)
            lanes[lane] += native_u32(next + lane * sizeof(std::uint32_t));
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes)
        sum += lane;
    for (; left >= sizeof(std::uint32_t); next += 4, left -= 4)
        sum += native_u32(next);
    if (left > 0) {
        std::uint32_t rest = 0;  // zero bytes follow, RFC 1071 (1)
        std::memcpy(&rest, next, left);
        sum += rest;
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
    ChecksumAccumulator accumulator;
    accumulator.add(bytes);
    return accumulator.sum() == 0xFFFF;
}

std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) {
    const std::uint64_t sum = std::uint64_t{static_cast<std::uint16_t>(~checksum)} +
                              static_cast<std::uint16_t>(~before) + after;
    return static_cast<std::uint16_t>(~fold(sum));
}

}  // namespace shunt::wire
