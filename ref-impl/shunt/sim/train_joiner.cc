// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/train_joiner.hh"

#include <algorithm>
#include <utility>

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kIp = wire::kEthernetHeaderSize;
constexpr std::size_t kTcp = kIp + wire::kIpv4HeaderSize;
constexpr std::size_t kSequence = kTcp + 4;
constexpr std::size_t kAcknowledgment = kTcp + 8;
constexpr std::size_t kFlags = kTcp + 13;

/// Text with ACK and perhaps PSH or FIN, in a packet without IP options: what can be cut again.
std::optional<wire::TcpView> plain_text(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto ip = wire::Ipv4View::parse(ethernet->payload());
    if (!ip || ip->header_size() != wire::kIpv4HeaderSize ||
        ip->total_length() != frame.size() - kIp) {
        return std::nullopt;
    }
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment || segment->payload().empty()) return std::nullopt;
    const wire::TcpFlags flags = segment->flags();
    const wire::TcpFlags plain{.fin = flags.fin, .push = flags.push, .acknowledgment = true};
    if (flags != plain) return std::nullopt;
    return *segment;
}

bool is_same(ByteView one, ByteView other, std::size_t from, std::size_t to) {
    return std::ranges::equal(one.subspan(from, to - from), other.subspan(from, to - from));
}

bool ends_train(const wire::TcpView& segment) {
    return segment.flags().push || segment.flags().fin;
}

}  // namespace

bool TrainJoiner::add(Packet& frame) {
    const auto segment = plain_text(frame.bytes());
    if (!segment) return false;
    if (!first_) {
        segment_size_ = text_size_ = segment->payload().size();
        pieces_ = 1;
        is_complete_ = ends_train(*segment);
        first_ = std::move(frame);
        return true;
    }
    if (!carries_on(frame.bytes())) return false;
    append(frame.bytes());
    frame = Packet();
    return true;
}

/// All that a cutter does not make itself has to be the same.
bool TrainJoiner::carries_on(ByteView frame) const {
    const ByteView first = first_->bytes();
    const auto segment = *plain_text(frame);
    const std::size_t text = kTcp + segment.header_size();
    const bool has_room =
        first.size() - kIp - segment_size_ + text_size_ + segment.payload().size() <= kTrainMax;
    if (is_complete_ || segment.payload().size() > segment_size_ || !has_room) return false;
    if (frame.size() < text || first.size() < text) return false;
    const auto sequence = load_u32(first, kSequence) + static_cast<std::uint32_t>(text_size_);
    const auto identification = static_cast<std::uint16_t>(load_u16(first, kIp + 4) + pieces_);
    return load_u32(frame, kSequence) == sequence && load_u16(frame, kIp + 4) == identification &&
           is_same(frame, first, 0, kIp + 2) && is_same(frame, first, kIp + 6, kIp + 10) &&
           is_same(frame, first, kIp + 12, kSequence) &&
           is_same(frame, first, kAcknowledgment, kFlags) &&
           is_same(frame, first, kFlags + 1, kTcp + 16) && is_same(frame, first, kTcp + 18, text);
}

void TrainJoiner::append(ByteView frame) {
    const auto segment = *plain_text(frame);
    if (train_.empty()) {
        train_ = pool_.take_large();
        train_.append(first_->bytes());
    }
    train_.append(segment.payload());
    store_u8(train_.mutable_bytes(), kFlags, segment.flags().to_byte());
    text_size_ += segment.payload().size();
    ++pieces_;
    is_complete_ = ends_train(segment) || segment.payload().size() < segment_size_;
}

std::optional<Packet> TrainJoiner::take() {
    if (!first_) return std::nullopt;
    Packet alone = std::move(*first_);
    first_.reset();
    if (train_.empty()) return alone;
    const MutableBytes ip = train_.mutable_bytes().subspan(kIp);
    store_u16(ip, 2, static_cast<std::uint16_t>(ip.size()));
    store_u16(ip, 10, 0);
    store_u16(ip, 10, wire::internet_checksum(ip.first(wire::kIpv4HeaderSize)));
    train_.set_unfinished(
        {.checksum = true, .segment_size = static_cast<std::uint16_t>(segment_size_)});
    return std::exchange(train_, Packet());
}

}  // namespace shunt::sim
