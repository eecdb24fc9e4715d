// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/trace_hash.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace shunt::sim {
namespace {

// Odd, without a pattern: the first digits of e, the golden ratio, pi, and of the roots of two,
// three, five, seven and eleven.
constexpr std::array<std::uint64_t, 8> kFactors = {
    0xADF8'5458'A2BB'4A9BU, 0x9E37'79B9'7F4A'7C15U, 0x243F'6A88'85A3'08D3U, 0x6A09'E667'F3BC'C909U,
    0xBB67'AE85'84CA'A73BU, 0x3C6E'F372'FE94'F82BU, 0xA54F'F53A'5F1D'36F1U, 0x510E'527F'ADE6'82D1U};
constexpr std::size_t kWord = 8;
constexpr std::size_t kStride = kFactors.size() * kWord;

// Can be undone, so that no word is forgotten; the shift brings high bits down, so that a change
// has spread before the next word could cancel it.
constexpr std::uint64_t mix(std::uint64_t state, std::uint64_t word, std::uint64_t factor) {
    const std::uint64_t product = (state ^ word) * factor;
    return product ^ (product >> 32);
}

// The memory's order of bytes, made little-endian: the same number on every machine.
std::uint64_t load_word(const std::uint8_t* bytes, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, count);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

using Chains = std::array<std::uint64_t, kFactors.size()>;

// As many chains side by side as hide the time that a multiplication takes, eight bytes a step
// each.
std::uint64_t absorb(Chains chains, ByteView bytes) {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= kStride; left -= kStride, at += kStride) {
        for (std::size_t i = 0; i < chains.size(); ++i)
            chains[i] = mix(chains[i], load_word(at + i * kWord, kWord), kFactors[i]);
    }
    for (std::size_t i = 0; left > 0; ++i) {
        const std::size_t count = std::min(left, kWord);
        chains[i] = mix(chains[i], load_word(at, count), kFactors[i]);
        left -= count;
        at += count;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < chains.size(); ++i) {
        const std::uint64_t spread = mix(chains[i], i, kFactors[(i + 1) % kFactors.size()]);
        value = mix(value, spread, kFactors[i]);
    }
    return value;
}

}  // namespace

std::uint64_t hash_bytes(ByteView bytes) {
    return absorb({bytes.size(), 1, 2, 3, 4, 5, 6, 7}, bytes);
}

void TraceHash::add(Instant time, SegmentId segment, HostId to, ByteView frame) {
    const std::uint64_t place = (std::uint64_t{index_of(segment)} << 16) | index_of(to);
    const auto stamp = static_cast<std::uint64_t>(time.to_nanoseconds());
    // The hash of all before is in every chain, so that the order counts.
    Chains chains = {value_, stamp, place, frame.size(), 4, 5, 6, 7};
    for (std::size_t i = 0; i < chains.size(); ++i)
        chains[i] = mix(chains[i] + value_, i, kFactors[i]);
    value_ = absorb(chains, frame);
}

std::string TraceHash::to_hex() const {
    return fmt::format("{:016x}", value_);
}

}  // namespace shunt::sim
