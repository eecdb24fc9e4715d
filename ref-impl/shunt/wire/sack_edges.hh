// SPDX-License-Identifier: Apache-2.0
// One range of a SACK scoreboard as it moves with a connection: a pair of absolute edges, queue 4
// of 0x12 (docs/protocol/endpoint.md).
#pragma once

#include <cstddef>

#include "shunt/base/bytes.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::wire {

inline constexpr std::size_t kSackEdgesSize = 8;

/// Reads kSackEdgesSize bytes.
inline SackBlock load_sack_edges(ByteView bytes, std::size_t offset) {
    return {.left = SequenceNumber(load_u32(bytes, offset)),
            .right = SequenceNumber(load_u32(bytes, offset + 4))};
}

/// Writes kSackEdgesSize bytes.
inline void store_sack_edges(MutableBytes bytes, std::size_t offset, const SackBlock& range) {
    store_u32(bytes, offset, range.left.value());
    store_u32(bytes, offset + 4, range.right.value());
}

}  // namespace shunt::wire
