// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/request_peek.hh"

#include <algorithm>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

struct HeldSegment {
    SequenceNumber sequence;
    ByteView payload;
    bool has_fin;
};

std::vector<HeldSegment> segments_of(const migrate::HeldPackets& held) {
    std::vector<HeldSegment> segments;
    for (const Packet& packet : held.packets()) {
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        if (!ip) continue;
        const auto segment = wire::TcpView::parse(*ip);
        if (!segment) continue;
        segments.push_back({segment->sequence(), segment->payload(), segment->flags().fin});
    }
    return segments;
}

}  // namespace

PeekedRequest peek_request(const migrate::HeldPackets& held, SequenceNumber next,
                           std::size_t most) {
    PeekedRequest request;
    const auto segments = segments_of(held);
    // Held packets are few and mostly in order: pass over them until a pass adds nothing. The
    // first packet that covers a byte gives it, as the stack will have it later (TCP-10).
    bool grew = true;
    while (grew && request.bytes.size() < most && !request.is_finished) {
        grew = false;
        for (const HeldSegment& segment : segments) {
            const SequenceNumber wanted = next + static_cast<std::uint32_t>(request.bytes.size());
            const SequenceNumber end =
                segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
            if (segment.sequence.after(wanted) || end.before(wanted)) continue;
            const ByteView fresh = segment.payload.subspan(wanted - segment.sequence);
            const std::size_t count = std::min(fresh.size(), most - request.bytes.size());
            request.bytes.insert(request.bytes.end(), fresh.begin(),
                                 fresh.begin() + static_cast<std::ptrdiff_t>(count));
            grew = grew || count > 0;
            if (segment.has_fin && count == fresh.size()) request.is_finished = true;
        }
    }
    return request;
}

}  // namespace shunt::node
