// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/segment_reader.hh"

#include <optional>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::app {
namespace {

// RFC 791 3.1: the first 16 bits hold the type of service, whose lowest two are ECN's (RFC 3168 5).
constexpr std::size_t kChecksumOffset = 10;
constexpr std::uint16_t kCongestionExperienced = 3;

std::optional<wire::Ipv4View> packet_in(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet) return std::nullopt;
    return *packet;
}

}  // namespace

bool SegmentReader::has_text(ByteView frame) const {
    const auto packet = packet_in(frame);
    if (!packet || packet->protocol() != wire::IpProtocol::Tcp || packet->is_fragment())
        return false;
    const auto segment = wire::TcpView::parse(*packet);
    return segment && !segment->payload().empty();
}

bool SegmentReader::mark_congestion(Packet& frame) const {
    const auto packet = packet_in(frame.bytes());
    if (!packet || packet->ecn() == wire::EcnCodepoint::NotCapable) return false;
    if (packet->ecn() == wire::EcnCodepoint::CongestionExperienced) return false;
    const MutableBytes header = frame.mutable_bytes().subspan(wire::kEthernetHeaderSize);
    const std::uint16_t before = load_u16(header, 0);
    const auto after = static_cast<std::uint16_t>(before | kCongestionExperienced);
    const std::uint16_t checksum = load_u16(header, kChecksumOffset);
    store_u16(header, 0, after);
    store_u16(header, kChecksumOffset, wire::update_checksum(checksum, before, after));
    return true;
}

}  // namespace shunt::app
