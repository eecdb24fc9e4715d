// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/router.hh"

#include <algorithm>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kTypeOfService = 1;
constexpr std::size_t kChecksum = 10;
// What an error quotes at least (RFC 792): a header without options and 8 bytes.
constexpr std::size_t kQuoted = wire::kIpv4HeaderSize + 8;

std::optional<wire::Ipv4View> read_packet(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet) return std::nullopt;
    return *packet;
}

}  // namespace

bool mark_congestion(MutableBytes frame) {
    const auto packet = read_packet(frame);
    if (!packet || packet->ecn() == wire::EcnCodepoint::NotCapable) return false;
    const std::size_t header_size = packet->total_length() - packet->payload().size();
    const MutableBytes header = frame.subspan(wire::kEthernetHeaderSize, header_size);
    const auto mark = static_cast<std::uint8_t>(wire::EcnCodepoint::CongestionExperienced);
    header[kTypeOfService] = static_cast<std::uint8_t>(header[kTypeOfService] | mark);
    store_u16(header, kChecksum, 0);
    wire::ChecksumAccumulator sum;
    sum.add(header);
    store_u16(header, kChecksum, sum.checksum());
    return true;
}

std::optional<Packet> too_long_answer(ByteView frame, std::uint16_t mtu, PacketPool& pool) {
    const auto about = read_packet(frame);
    if (!about || !about->dont_fragment()) return std::nullopt;
    const auto ethernet = wire::EthernetView::parse(frame);
    const ByteView quoted = ethernet->payload();
    Packet answer = pool.copy(quoted.first(std::min(quoted.size(), kQuoted)));
    wire::IcmpHeader{wire::IcmpType::DestinationUnreachable, wire::kIcmpFragmentationNeeded, 0, mtu}
        .prepend_to(answer);
    wire::Ipv4Header header;
    header.protocol = wire::IpProtocol::Icmp;
    header.source = about->destination();
    header.destination = about->source();
    header.prepend_to(answer);
    wire::EthernetHeader{ethernet->source(), ethernet->destination(), wire::kEtherTypeIpv4}
        .prepend_to(answer);
    return answer;
}

}  // namespace shunt::sim
