// SPDX-License-Identifier: Apache-2.0
// A client's packet on its way from a forwarder to a host and back into itself: addresses and ports
// change in place, checksums by as much (docs/protocol/blob.md, BL-11, BL-12; RFC 1624).
#pragma once

#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::wire {

/// The ends of the back link between which a flow's packets go: their forward IPs.
struct FlowPath {
    Ipv4Address forwarder{};
    Ipv4Address host{};

    bool operator==(const FlowPath&) const = default;
};

/// What both rewrites ask of `packet`: it begins with a header that Ipv4View::parse() has taken,
/// which says TCP and no fragment (BL-17); bytes past its total length stay as they are. What comes
/// back is the counter of a segment that ends before its header does; the packet is unchanged then.
///
/// A wrong checksum stays wrong by as much. Of the two zeros of one's complement a checksum that
/// is computed never is 0xFFFF: it comes out as 0x0000. With ChecksumField::Partial the field is
/// the pseudo header's sum, of which ports are no part, and is that of the new one.
[[nodiscard]] std::optional<Counter> rewrite_to_flow(MutableBytes packet, const FlowPath& path,
                                                     FlowId flow,
                                                     ChecksumField field = ChecksumField::Complete);

/// The inverse: addresses and ports of `tuple`, which is TCP's, whatever they are now.
[[nodiscard]] std::optional<Counter> restore_tuple(MutableBytes packet,
                                                   const ConnectionTuple& tuple,
                                                   ChecksumField field = ChecksumField::Complete);

}  // namespace shunt::wire
