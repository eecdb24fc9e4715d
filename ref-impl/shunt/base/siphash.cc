// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/siphash.hh"

#include <bit>

namespace shunt {
namespace {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    explicit SipState(SipKey key)
        : v0(key.low ^ 0x736f6d6570736575U),
          v1(key.high ^ 0x646f72616e646f6dU),
          v2(key.low ^ 0x6c7967656e657261U),
          v3(key.high ^ 0x7465646279746573U) {}

    static SipState of_tag(SipKey key) {
        SipState state(key);
        state.v1 ^= 0xee;
        return state;
    }

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
    // The last word says in its highest byte how long the message was.
    void absorb_rest(std::uint64_t rest, std::size_t size) {
        absorb(std::uint64_t{size} << 56 | rest);
    }
    std::uint64_t output() {
        for (int i = 0; i < 4; ++i)
            round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
    std::uint64_t finish(std::uint64_t rest, std::size_t size) {
        absorb_rest(rest, size);
        v2 ^= 0xff;
        return output();
    }
    SipTag finish_tag(std::uint64_t rest, std::size_t size) {
        absorb_rest(rest, size);
        v2 ^= 0xee;
        const std::uint64_t low = output();
        v1 ^= 0xdd;
        return {low, output()};
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

// Returns what does not fill a word.
std::uint64_t absorb_words(SipState& state, ByteView bytes) {
    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t offset = 0; offset < whole; offset += 8)
        state.absorb(little_endian_word(bytes.data() + offset));
    return little_endian_rest(bytes.subspan(whole));
}

}  // namespace

std::uint64_t siphash_2_4(SipKey key, ByteView bytes) {
    SipState state(key);
    const std::uint64_t rest = absorb_words(state, bytes);
    return state.finish(rest, bytes.size());
}

SipTag siphash_2_4_tag(SipKey key, ByteView bytes) {
    SipState state = SipState::of_tag(key);
    const std::uint64_t rest = absorb_words(state, bytes);
    return state.finish_tag(rest, bytes.size());
}

SipTag siphash_2_4_tag(SipKey key, std::uint64_t first, std::uint64_t rest, std::size_t size) {
    SipState state = SipState::of_tag(key);
    state.absorb(first);
    return state.finish_tag(rest, size);
}

std::uint64_t siphash_2_4(SipKey key, std::uint64_t first, std::uint64_t rest, std::size_t size) {
    SipState state(key);
    state.absorb(first);
    return state.finish(rest, size);
}

}  // namespace shunt
