// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/segment_frame.hh"

#include "shunt/base/assert.hh"
#include "shunt/base/packet.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

constexpr std::size_t kTcpOffset = wire::kEthernetHeaderSize + wire::kIpv4HeaderSize;
constexpr std::size_t kSequenceOffset = kTcpOffset + 4;
constexpr std::size_t kChecksumOffset = kTcpOffset + 16;

std::uint16_t high_word(std::uint32_t value) {
    return static_cast<std::uint16_t>(value >> 16);
}

std::uint16_t low_word(std::uint32_t value) {
    return static_cast<std::uint16_t>(value);
}

}  // namespace

SegmentFrame::SegmentFrame(const SegmentPlace& place) : sequence_(place.sequence.value()) {
    PacketPool pool;
    Packet packet = pool.take();
    const MutableBytes text = packet.append(kTextSize);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<std::uint8_t>(i);
    wire::TcpHeader segment;
    segment.source_port = place.tuple.client_port;
    segment.destination_port = place.tuple.service_port;
    segment.sequence = place.sequence;
    segment.acknowledgment = place.acknowledgment;
    segment.flags.acknowledgment = true;
    segment.window = 0xFFFF;
    segment.options.timestamps = place.timestamps;
    segment.prepend_to(packet, place.tuple.client, place.tuple.service);
    wire::Ipv4Header internet;
    internet.dont_fragment = true;
    internet.source = place.tuple.client;
    internet.destination = place.tuple.service;
    internet.prepend_to(packet);
    wire::EthernetHeader{place.destination, place.source, wire::kEtherTypeIpv4}.prepend_to(packet);
    bytes_.assign(packet.bytes().begin(), packet.bytes().end());
    SHUNT_ASSERT(bytes_.size() == kSize, "the largest frame of an Ethernet link");
}

void SegmentFrame::advance() {
    const std::uint32_t next = sequence_ + kTextSize;
    std::uint16_t checksum = load_u16(bytes_, kChecksumOffset);
    checksum = wire::update_checksum(checksum, high_word(sequence_), high_word(next));
    checksum = wire::update_checksum(checksum, low_word(sequence_), low_word(next));
    store_u32(bytes_, kSequenceOffset, next);
    store_u16(bytes_, kChecksumOffset, checksum);
    sequence_ = next;
}

}  // namespace shunt::bench
