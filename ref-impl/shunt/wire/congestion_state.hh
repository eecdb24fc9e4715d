// SPDX-License-Identifier: Apache-2.0
// What congestion control remembers, alone: section 9 of a blob (docs/protocol/blob.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/wire/fine_state.hh"

namespace shunt::wire {

struct CongestionState {
    /// One of FineState's, or another that we do not know.
    std::uint8_t algorithm = FineState::kNewReno;
    /// Nothing: the algorithm is another one, or its fields have a length that we do not know.
    std::optional<CubicFields> cubic{};

    /// Nothing if not even the algorithm is there.
    static std::optional<CongestionState> parse(ByteView bytes);
    std::size_t size() const { return 1 + (cubic ? CubicFields::kSize : 0); }
    /// Writes size() bytes.
    void store(MutableBytes bytes) const;

    bool operator==(const CongestionState&) const = default;
};

}  // namespace shunt::wire
