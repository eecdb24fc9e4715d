// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/segmentation.hh"

#include <algorithm>
#include <cstdint>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

// RFC 791 3.1, RFC 9293 3.1.
constexpr std::size_t kTotalLength = 2;
constexpr std::size_t kIdentification = 4;
constexpr std::size_t kHeaderChecksum = 10;
constexpr std::size_t kSequence = 4;
constexpr std::size_t kDataOffset = 12;
constexpr std::size_t kFlags = 13;
constexpr std::size_t kTcpChecksum = 16;

/// `segment` begins at its TCP header.
void store_checksum(MutableBytes segment, wire::Ipv4Address source, wire::Ipv4Address destination) {
    store_u16(segment, kTcpChecksum, 0);
    auto sum = wire::pseudo_header_sum(source, destination, wire::IpProtocol::Tcp, segment.size());
    sum.add(segment);
    store_u16(segment, kTcpChecksum, sum.checksum());
}

}  // namespace

Segmentation::Segmentation(ByteView frame, std::size_t link_header_size,
                           const Unfinished& unfinished, PacketPool& pool)
    : link_header_(frame.first(link_header_size)), pool_(pool) {
    const auto ip = wire::Ipv4View::parse(frame.subspan(link_header_size));
    SHUNT_ASSERT(ip, "an unfinished packet has whole headers");
    const auto tcp = wire::TcpView::parse(*ip, wire::ChecksumField::Partial);
    SHUNT_ASSERT(tcp, "an unfinished packet has whole headers");
    ip_header_ = ip->packet().first(ip->header_size());
    tcp_header_ = ip->payload().first(tcp->header_size());
    text_ = tcp->payload();
    segment_size_ = unfinished.segment_size != 0 ? unfinished.segment_size : text_.size();
}

std::optional<Packet> Segmentation::next() {
    if (is_done_) return std::nullopt;
    const ByteView text = text_.subspan(offset_, std::min(segment_size_, text_.size() - offset_));
    const bool is_first = offset_ == 0;
    const std::size_t offset = offset_;
    offset_ += text.size();
    is_done_ = offset_ == text_.size();

    Packet piece = pool_.take();
    piece.append(link_header_);
    piece.append(ip_header_);
    piece.append(tcp_header_);
    piece.append(text);
    const MutableBytes packet = piece.mutable_bytes().subspan(link_header_.size());
    store_u16(packet, kTotalLength, static_cast<std::uint16_t>(packet.size()));
    store_u16(packet, kIdentification,
              static_cast<std::uint16_t>(load_u16(packet, kIdentification) + index_++));
    store_u16(packet, kHeaderChecksum, 0);
    store_u16(packet, kHeaderChecksum, wire::internet_checksum(packet.first(ip_header_.size())));

    const MutableBytes segment = packet.subspan(ip_header_.size());
    store_u32(segment, kSequence,
              load_u32(segment, kSequence) + static_cast<std::uint32_t>(offset));
    wire::TcpFlags flags = wire::TcpFlags::from_byte(load_u8(segment, kFlags));
    flags.fin = flags.fin && is_done_;
    flags.push = flags.push && is_done_;
    flags.congestion_window_reduced = flags.congestion_window_reduced && is_first;
    store_u8(segment, kFlags, flags.to_byte());
    store_checksum(segment, wire::Ipv4Address(load_u32(packet, 12)),
                   wire::Ipv4Address(load_u32(packet, 16)));
    return piece;
}

void complete_checksum(Packet& frame, std::size_t link_header_size) {
    const auto ip = wire::Ipv4View::parse(frame.bytes().subspan(link_header_size));
    SHUNT_ASSERT(ip, "an unfinished packet has whole headers");
    store_checksum(
        frame.mutable_bytes().subspan(link_header_size + ip->header_size(), ip->payload().size()),
        ip->source(), ip->destination());
    frame.set_unfinished({});
}

std::size_t longest_piece(const Packet& packet) {
    const std::size_t segment_size = packet.unfinished().segment_size;
    if (segment_size == 0) return packet.size();
    const ByteView bytes = packet.bytes();
    const std::size_t ip_header = std::size_t{load_u8(bytes, 0)} % 16 * 4;
    const std::size_t tcp_header = std::size_t{load_u8(bytes, ip_header + kDataOffset)} / 16 * 4;
    return std::min(packet.size(), ip_header + tcp_header + segment_size);
}

}  // namespace shunt::stack
