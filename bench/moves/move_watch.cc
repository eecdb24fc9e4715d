// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/move_watch.hh"

#include "shunt/wire/blob.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

/// A blob's TCP state, from the control frame's first byte on: its sections 1 and 2 come first.
constexpr std::size_t kBlockOffset = wire::kControlHeaderSize + wire::kBlobHeaderSize +
                                     2 * wire::kBlobSectionHeaderSize + wire::BlobMapping::kSize;

void note_first(std::optional<WallTime>& place, WallTime time) {
    if (!place) place = time;
}

/// The control frame that a segment begins with; nothing: there is none.
std::optional<ByteView> control_frame_in(const wire::EthernetView& link) {
    if (link.type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto internet = wire::Ipv4View::parse(link.payload());
    if (!internet || internet->protocol() != wire::IpProtocol::Tcp) return std::nullopt;
    const auto segment = wire::TcpView::parse(*internet);
    if (!segment) return std::nullopt;
    const bool is_channel = segment->source_port() == wire::kControlPort ||
                            segment->destination_port() == wire::kControlPort;
    const ByteView bytes = segment->payload();
    const bool is_frame = is_channel && bytes.size() >= wire::kControlHeaderSize &&
                          wire::ControlFrameView::size_of(bytes);
    return is_frame ? std::optional(bytes) : std::nullopt;
}

}  // namespace

void MoveWatch::look() {
    while (const auto frame = frames_.next()) {
        const auto link = wire::EthernetView::parse(frame->bytes);
        if (!link) continue;
        if (const auto control = control_frame_in(*link)) take_control(*control, frame->time);
        if (link->type() == wire::kEtherTypeEncapsulation) take(link->payload(), frame->time);
    }
}

void MoveWatch::take(ByteView encapsulated, WallTime time) {
    const auto message = wire::EncapsulationView::parse(encapsulated, wire::ProtocolSet::Extended);
    if (!message) return;
    if (message->type() == wire::EncapsulationType::Connection) {
        note_first(times_.offered, time);
        const auto content = wire::ConnectionInformation::parse(*message);
        if (content && content->block) note_queues(*content->block);
    }
    if (message->type() == wire::EncapsulationType::Acknowledgement)
        note_first(times_.acknowledged, time);
    if (message->type() == wire::EncapsulationType::Go) note_first(times_.released, time);
}

void MoveWatch::take_control(ByteView bytes, WallTime time) {
    switch (static_cast<wire::ControlKind>(bytes[5])) {
        case wire::ControlKind::Blob:
            note_first(times_.offered, time);
            if (bytes.size() >= kBlockOffset + wire::ControlBlock::kSize) {
                note_queues(wire::ControlBlock::load(bytes, kBlockOffset));
            }
            break;
        case wire::ControlKind::BlobAcknowledgement:
            note_first(times_.acknowledged, time);
            break;
        case wire::ControlKind::Commit:
            note_first(times_.released, time);
            break;
        default:
            break;
    }
}

void MoveWatch::note_queues(const wire::ControlBlock& block) {
    times_.send_queue = block.send_queue;
    times_.receive_queue = block.receive_queue;
}

void MoveWatch::clear() {
    frames_.clear();
    times_ = {};
}

}  // namespace shunt::bench
