// SPDX-License-Identifier: Apache-2.0
// Bodies of control frames about connections that are handed off: kinds 0x20 to 0x23
// (docs/protocol/handoff.md; S003 c3-c5, c10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::wire {

/// 0x20: what another TCP needs to accept a client's connection anew (HO-5, HO-6).
struct HandoffRequestBody {
    static constexpr std::size_t kHeadSize = 16;
    static constexpr std::size_t kPartMax = 0xFFFF;

    /// Of TCP.
    ConnectionTuple tuple{};
    /// That of the TCP which has accepted the connection.
    SequenceNumber first_isn{};
    // As they came from the client, without what HO-11 strips; of a parsed body views on it, and
    // nothing in them was looked at.
    ByteView syn{};
    ByteView acknowledgment{};
    ByteView request{};

    static Result<HandoffRequestBody, Counter> parse(ByteView body);
    std::size_t size() const;
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;
};

/// 0x21: what the second TCP has said to the replayed SYN (HO-6, HO-12).
struct HandoffAcknowledgementBody {
    static constexpr std::size_t kSize = 12;

    SequenceNumber second_isn{};
    /// Nothing: windows are not scaled.
    std::optional<std::uint8_t> window_scale{};
    bool has_sack = false;
    bool has_timestamps = false;
    bool has_ecn = false;
    std::uint16_t mss = 0;
    /// TSval of the second SYN/ACK; 0 without timestamps.
    std::uint32_t timestamp_base = 0;

    /// Fails if the scale is none that RFC 7323 2.2 knows, or a flag is unknown.
    static Result<HandoffAcknowledgementBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const HandoffAcknowledgementBody&) const = default;
};

/// 0x22: why the second server does not take it.
struct HandoffRejectBody {
    static constexpr std::size_t kSize = 2;

    RejectReason reason = RejectReason::NoListener;

    /// Fails if the reason is none of the seven.
    static Result<HandoffRejectBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const HandoffRejectBody&) const = default;
};

/// 0x23: a session is over (HO-14, HO-15).
struct HandoffTerminationBody {
    enum class How : std::uint8_t { Closed = 1, Reset = 2 };
    static constexpr std::size_t kSize = 13;

    /// Of TCP.
    ConnectionTuple tuple{};
    How how = How::Closed;

    static Result<HandoffTerminationBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const HandoffTerminationBody&) const = default;
};

}  // namespace shunt::wire
