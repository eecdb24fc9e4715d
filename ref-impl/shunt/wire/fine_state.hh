// SPDX-License-Identifier: Apache-2.0
// What a control block is too coarse for, as it moves beside it: queue 5 of 0x12 ("fine state" in
// docs/protocol/endpoint.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"

namespace shunt::wire {

/// RFC 9438's variables; windows in bytes.
struct CubicFields {
    static constexpr std::size_t kSize = 20;
    /// No congestion avoidance stage has begun.
    static constexpr std::uint32_t kNoEpoch = 0xFFFF'FFFF;

    std::uint32_t window_max = 0;       // W_max
    std::uint32_t window_at_epoch = 0;  // cwnd_epoch
    std::uint32_t reno_estimate = 0;    // W_est
    std::uint32_t epoch_age_ms = kNoEpoch;
    std::uint32_t time_to_window_max_ms = 0;  // K

    /// Reads kSize bytes at `offset`, which are there.
    static CubicFields load(ByteView bytes, std::size_t offset);
    /// Writes kSize bytes.
    void store(MutableBytes bytes, std::size_t offset) const;

    bool operator==(const CubicFields&) const = default;
};

struct FineState {
    static constexpr std::uint8_t kNewReno = 1;
    static constexpr std::uint8_t kCubic = 2;
    static constexpr std::size_t kHeadSize = 34;
    /// Of what store() writes.
    static constexpr std::size_t kSizeMax = kHeadSize + CubicFields::kSize;

    std::uint32_t smoothed_rtt_us = 0;
    std::uint32_t rtt_variation_us = 0;
    std::uint32_t minimum_rtt_us = 0;
    std::uint32_t retransmission_timeout_us = 0;
    // Remaining, 0 = off.
    std::uint32_t retransmit_us = 0;
    std::uint32_t persist_us = 0;
    std::uint32_t keep_alive_us = 0;
    std::uint32_t delayed_acknowledgment_us = 0;
    std::uint8_t algorithm = kNewReno;
    /// Nothing: the algorithm is another one, or its fields have a length that we do not know.
    std::optional<CubicFields> cubic{};

    /// Nothing if the length that the bytes state is not theirs.
    static std::optional<FineState> parse(ByteView bytes);
    std::size_t size() const { return kHeadSize + (cubic ? CubicFields::kSize : 0); }
    /// Writes size() bytes.
    void store(MutableBytes bytes) const;

    bool operator==(const FineState&) const = default;
};

}  // namespace shunt::wire
