// SPDX-License-Identifier: Apache-2.0
// A segment on its way between a client and a TCP that counts from another initial sequence number,
// and by another timestamp clock: changed in place, its checksums by as much
// (docs/protocol/handoff.md, HO-8 to HO-10; RFC 1624).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::wire {

/// What changes; what is zero, or not there, stays.
struct SegmentShift {
    std::optional<Ipv4Address> source{};
    std::optional<Ipv4Address> destination{};
    /// Added modulo 2^32: to the sequence number,
    std::uint32_t sequence = 0;
    /// to what is acknowledged, by the field and by SACK blocks,
    std::uint32_t acknowledgment = 0;
    /// to TSval,
    std::uint32_t timestamp = 0;
    /// and to TSecr.
    std::uint32_t echo = 0;

    bool operator==(const SegmentShift&) const = default;
};

/// `packet` begins with a header that Ipv4View::parse() has taken, which says TCP and no fragment;
/// bytes past its total length stay as they are. What comes back is the counter of a segment whose
/// header does not end; the packet is unchanged then.
///
/// The acknowledgment field, SACK blocks and TSecr say something only where ACK is set (RFC 9293
/// 3.1, RFC 7323 3.2), and stay where it is not. Options are read as TcpOptions::parse() does: of a
/// length that their kind does not have, they stay. A wrong checksum stays wrong by as much; with
/// ChecksumField::Partial the field is the sum of the pseudo header and becomes that of the new
/// one.
[[nodiscard]] std::optional<Counter> shift_segment(MutableBytes packet, const SegmentShift& shift,
                                                   ChecksumField field = ChecksumField::Complete);

/// The shift that takes `shift` back for a packet whose addresses were these.
SegmentShift inverse_of(const SegmentShift& shift, Ipv4Address source, Ipv4Address destination);

}  // namespace shunt::wire
