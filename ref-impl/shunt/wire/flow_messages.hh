// SPDX-License-Identifier: Apache-2.0
// Bodies of control frames about blobs and flows: kinds 0x11 to 0x16 (docs/protocol/system.md,
// "Control channel"; docs/protocol/blob.md). 0x10 is blob.hh.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::wire {

/// 0x11 blob acknowledgement, 0x13 flow closed, 0x14 flow unknown, 0x15 commit.
struct FlowBody {
    static constexpr std::size_t kSize = 4;

    /// Any: one that no flow can have names none.
    FlowId flow{};

    static Result<FlowBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const FlowBody&) const = default;
};

/// 0x12: why a host has not taken a blob (BL-4).
struct BlobRejectBody {
    static constexpr std::size_t kSize = 2;

    RejectReason reason = RejectReason::NoListener;

    /// Fails if the reason is none of the seven.
    static Result<BlobRejectBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const BlobRejectBody&) const = default;
};

/// 0x16: an ICMP error that came to one server about what another one has sent (BL-16).
struct MovedIcmpBody {
    static constexpr std::size_t kHeadSize = 14;
    static constexpr std::size_t kPacketMax = 0xFFFF;

    /// Of TCP.
    ConnectionTuple tuple{};
    /// As it came; of a parsed body a view on it, and nothing in it was looked at.
    ByteView packet{};

    static Result<MovedIcmpBody, Counter> parse(ByteView body);
    std::size_t size() const { return kHeadSize + packet.size(); }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;
};

}  // namespace shunt::wire
