// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/siphash.hh"

#include <bit>

namespace shunt {
namespace {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v2 += v3;
        v1 = std::rotl(v1, 13) ^ v0;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 = std::rotl(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = std::rotl(v1, 17) ^ v2;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 = std::rotl(v2, 32);
    }

    void absorb(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

// SipHash reads little-endian words, whatever the machine.
std::uint64_t little_endian_word(const std::uint8_t* bytes) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i)
        word |= std::uint64_t{bytes[i]} << (8 * i);
    return word;
}

// Fewer than 8 bytes, zeros behind them.
std::uint64_t little_endian_rest(ByteView bytes) {
    std::uint8_t padded[8] = {};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        padded[i] = bytes[i];
    return little_endian_word(padded);
}

}  // namespace

std::uint64_t siphash_2_4(SipKey key, ByteView bytes) {
    SipState state{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
                   key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t offset = 0; offset < whole; offset += 8) {
        state.absorb(little_endian_word(bytes.data() + offset));
    }
    const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56;
    state.absorb(length | little_endian_rest(bytes.subspan(whole)));
    state.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i)
        state.round();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace shunt
