// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/request_peek.hh"

#include <algorithm>
#include <optional>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

struct HeldSegment {
    SequenceNumber sequence;
    ByteView payload;
    bool has_fin = false;
};

/// What is held was looked at when it came: its checksum is right.
std::optional<HeldSegment> segment_in(const Packet& packet) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip) return std::nullopt;
    const auto segment = wire::TcpView::parse(*ip, wire::ChecksumField::Partial);
    if (!segment) return std::nullopt;
    return HeldSegment{segment->sequence(), segment->payload(), segment->flags().fin};
}

/// Appends what the segment has of the bytes from `wanted` on. True if that was something.
bool take(const HeldSegment& segment, SequenceNumber wanted, std::size_t most,
          PeekedRequest& request) {
    const SequenceNumber end =
        segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    if (segment.sequence.after(wanted) || end.before(wanted)) return false;
    const ByteView fresh = segment.payload.subspan(wanted - segment.sequence);
    const ByteView taken = fresh.first(std::min(fresh.size(), most));
    request.append(taken);
    if (segment.has_fin && taken.size() == fresh.size()) request.finish();
    return !taken.empty();
}

}  // namespace

void PeekedRequest::append(ByteView fresh) {
    if (fresh.empty()) return;
    if (bytes_.empty()) {
        bytes_ = fresh;
        return;
    }
    if (joined_.empty()) joined_.assign(bytes_.begin(), bytes_.end());
    joined_.insert(joined_.end(), fresh.begin(), fresh.end());
    bytes_ = joined_;
}

PeekedRequest peek_request(const migrate::HeldPackets& held, SequenceNumber next,
                           std::size_t most) {
    PeekedRequest request;
    // Held packets are few and mostly in order: pass over them until a pass adds nothing. The
    // first packet that covers a byte gives it, as the stack will have it later (TCP-10).
    bool grew = true;
    while (grew && request.bytes().size() < most && !request.is_finished()) {
        grew = false;
        for (const Packet& packet : held.packets()) {
            const std::size_t here = request.bytes().size();
            const SequenceNumber wanted = next + static_cast<std::uint32_t>(here);
            const auto segment = segment_in(packet);
            if (segment && take(*segment, wanted, most - here, request)) grew = true;
        }
        grew = grew && held.packets().size() > 1;
    }
    return request;
}

}  // namespace shunt::node
