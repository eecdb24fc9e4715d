// SPDX-License-Identifier: Apache-2.0
#include "encapsulation/round_trip.hh"

#include <algorithm>
#include <vector>

#include "encapsulation/frame_oracle.hh"
#include "shunt/base/assert.hh"
#include "shunt/base/packet.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/reject.hh"

namespace shunt::fuzz {
namespace {

using wire::EncapsulationType;
using wire::EncapsulationView;

constexpr std::size_t kChecksumOffset = 14;
constexpr std::size_t kInnerSizeMin = wire::kIpv4HeaderSize;
/// Of the two reserved bytes of a control block, behind service address and port (TCB-2).
constexpr std::size_t kReservedOffset = 16 + 6 + 126;

bool is_inside(ByteView part, ByteView whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

// Views on the inner packet only; nothing of it is written by the codec.
void check_forwarded(const EncapsulationView& view) {
    const auto forwarded = wire::ForwardedPacket::parse(view);
    if (!forwarded) return;
    SHUNT_ASSERT(is_inside(forwarded->packet().packet(), view.payload()), "no view reaches out");
    SHUNT_ASSERT(is_inside(forwarded->packet().payload(), view.payload()), "no view reaches out");
    SHUNT_ASSERT(forwarded->packet().packet().size() == view.payload().size(),
                 "the payload is exactly the inner packet (FRM-5)");
    const auto text = forwarded->tuple().to_string();
    SHUNT_ASSERT(wire::ConnectionTuple::from_string(text) == forwarded->tuple(),
                 "a tuple survives being printed");
}

// Appends the payload of `view`, written from values where the codec has values for it.
void write_payload(const EncapsulationView& view, Packet& packet) {
    switch (view.type()) {
        case EncapsulationType::Connection:
            if (const auto information = wire::ConnectionInformation::parse(view))
                return information->append_to(packet);
            break;
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            if (const auto copy = wire::MigrationCopy::parse(view)) return copy->append_to(packet);
            break;
        case EncapsulationType::Reject:
            if (const auto reject = wire::RejectMessage::parse(view))
                return reject->append_to(packet);
            break;
        case EncapsulationType::Forwarded:
            check_forwarded(view);
            break;
        case EncapsulationType::Data:
        case EncapsulationType::Challenge:
        case EncapsulationType::Missing:
            break;
    }
    packet.append(view.payload());
}

// Equal but for the checksum, which has two spellings of zero and may leave out what an extended
// sender appends to 0x03, and for what is reserved.
bool is_same_frame(ByteView original, ByteView written) {
    if (original.size() != written.size()) return false;
    const bool has_block =
        original[12] == static_cast<std::uint8_t>(EncapsulationType::Connection) &&
        original.size() > kReservedOffset + 1;
    for (std::size_t i = 0; i < original.size(); ++i) {
        const bool is_checksum = i == kChecksumOffset || i == kChecksumOffset + 1;
        const bool is_reserved = has_block && (i == kReservedOffset || i == kReservedOffset + 1);
        if (!is_checksum && !is_reserved && original[i] != written[i]) return false;
    }
    return true;
}

}  // namespace

void check_round_trip(ByteView bytes, wire::ProtocolSet set) {
    const FrameVerdict verdict = judge_frame(bytes, set);
    const auto view = EncapsulationView::parse(bytes, set);
    SHUNT_ASSERT(static_cast<bool>(view) == verdict.is_good, "FRM-6: taken or refused");
    if (!view) {
        SHUNT_ASSERT(!verdict.counter || *verdict.counter == view.error(),
                     "FRM-6: the first failure names the counter");
        return;
    }
    SHUNT_ASSERT(is_inside(view->payload(), bytes), "no view reaches out of its bytes");
    const std::size_t size = wire::kEncapsulationHeaderSize + view->payload().size();
    SHUNT_ASSERT(size == verdict.size, "FRM-5: Type and Protocol tell the length");
    if (size > Packet::kCapacity) return;  // no link of ours carries it
    if (view->type() == EncapsulationType::Forwarded && view->payload().size() < kInnerSizeMin) {
        // A total length that is none. It is the inner header's fault, not the frame's (FRM-6).
        SHUNT_ASSERT(!wire::ForwardedPacket::parse(*view), "an inner packet has a header");
        return;
    }
    PacketPool pool;
    Packet packet = pool.take();
    write_payload(*view, packet);
    view->header().prepend_to(packet);
    SHUNT_ASSERT(is_same_frame(bytes.first(size), packet.bytes()), "what is read is written back");
    // A vector of just this size, so that a sanitizer sees the first byte past it.
    const std::vector<std::uint8_t> written(packet.bytes().begin(), packet.bytes().end());
    SHUNT_ASSERT(judge_frame(written, set).is_good, "what is written is right");
    const auto again = EncapsulationView::parse(written, set);
    SHUNT_ASSERT(again && again->header() == view->header(), "a header survives writing");
    SHUNT_ASSERT(again->payload().size() == view->payload().size(), "padding is no payload");
}

}  // namespace shunt::fuzz
