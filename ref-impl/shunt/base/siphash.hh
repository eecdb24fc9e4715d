// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4: the keyed hash of every table that is keyed by what a client chooses (SEC-6).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"

namespace shunt {

struct SipKey {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

/// 128 bit, as they are sent: the first eight bytes little-endian in `low`, the others in `high`.
struct SipTag {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const SipTag&) const = default;
};

/// 64 bit hash of `bytes` under `key` (Aumasson, Bernstein: SipHash, 2012).
std::uint64_t siphash_2_4(SipKey key, ByteView bytes);

/// The same for 8 to 15 bytes as two little-endian words, the second filled up with zeros: no
/// packet is looked up without it.
std::uint64_t siphash_2_4(SipKey key, std::uint64_t first, std::uint64_t rest, std::size_t size);

/// SipHash-2-4 with the output of 128 bit that its authors added: a tag that cannot be guessed.
SipTag siphash_2_4_tag(SipKey key, ByteView bytes);

/// The same for 8 to 15 bytes as two words, as above.
SipTag siphash_2_4_tag(SipKey key, std::uint64_t first, std::uint64_t rest, std::size_t size);

}  // namespace shunt
