// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/flow_rewrite.hh"

#include "shunt/base/mutant.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kIpChecksumOffset = 10;
constexpr std::size_t kSourceOffset = 12;
constexpr std::size_t kDestinationOffset = 16;
constexpr std::size_t kTcpChecksumOffset = 16;

struct Ends {
    Ipv4Address source;
    Ipv4Address destination;
    /// Source and destination port.
    std::uint32_t ports = 0;
};

/// ~m + m' of RFC 1624 eqn. 3, for both halves at once: 2^32 is 1 modulo 2^16 - 1.
std::uint64_t change(std::uint32_t before, std::uint32_t after) {
    return std::uint64_t{~before} + after;
}

/// HC' = ~(~HC + ~m + m'). What is complemented is never zero, for of the new words some are not:
/// so 0xFFFF does not come out.
void update(MutableBytes bytes, std::size_t offset, std::uint64_t changes) {
    const auto complement = static_cast<std::uint16_t>(~load_u16(bytes, offset));
    store_u16(bytes, offset, static_cast<std::uint16_t>(~fold_checksum(complement + changes)));
}

std::optional<Counter> readdress(MutableBytes packet, const Ends& ends, ChecksumField field) {
    SHUNT_ASSERT(packet.size() >= kIpv4HeaderSize && packet[0] >> 4 == 4, "the header was parsed");
    SHUNT_ASSERT((load_u16(packet, 6) & 0x3FFF) == 0, "fragments are reassembled before (BL-17)");
    SHUNT_ASSERT(packet[9] == static_cast<std::uint8_t>(IpProtocol::Tcp), "flows are TCP's");
    const std::size_t header_size = std::size_t{packet[0]} % 16 * 4;
    const std::size_t total_length = load_u16(packet, 2);
    SHUNT_ASSERT(header_size >= kIpv4HeaderSize && header_size <= total_length &&
                     total_length <= packet.size(),
                 "the header was parsed");
    if (total_length < header_size + kTcpHeaderSize) return Counter::DropTcpTruncated;
    const MutableBytes segment = packet.subspan(header_size);
    const std::uint64_t of_addresses =
        change(load_u32(packet, kSourceOffset), ends.source.value()) +
        change(load_u32(packet, kDestinationOffset), ends.destination.value());
    const std::uint64_t of_ports = change(load_u32(segment, 0), ends.ports);
    update(packet, kIpChecksumOffset, of_addresses);
    if (field == ChecksumField::Complete) {
        update(segment, kTcpChecksumOffset, of_addresses + of_ports);
    } else {
        const std::uint64_t sum = load_u16(segment, kTcpChecksumOffset);
        store_u16(segment, kTcpChecksumOffset, fold_checksum(sum + of_addresses));
    }
    store_u32(packet, kSourceOffset, ends.source.value());
    store_u32(packet, kDestinationOffset, ends.destination.value());
    store_u32(segment, 0, ends.ports);
    return std::nullopt;
}

}  // namespace

std::optional<Counter> rewrite_to_flow(MutableBytes packet, const FlowPath& path, FlowId flow,
                                       ChecksumField field) {
    SHUNT_ASSERT(flow.is_possible(), "no half of an identifier is zero (BL-10)");
    if (is_mutant(Mutant::SwapsFlowHalves)) {
        flow = FlowId::from_ports(flow.destination_port(), flow.source_port());
    }
    const std::size_t at = std::size_t{packet[0]} % 16 * 4 + kTcpChecksumOffset;
    const std::uint16_t stale = at + 2 <= packet.size() ? load_u16(packet, at) : std::uint16_t{0};
    const auto fault = readdress(packet, {path.forwarder, path.host, flow.value()}, field);
    if (!fault && is_mutant(Mutant::ForwardsStaleChecksum)) store_u16(packet, at, stale);
    return fault;
}

std::optional<Counter> restore_tuple(MutableBytes packet, const ConnectionTuple& tuple,
                                     ChecksumField field) {
    SHUNT_ASSERT(tuple.protocol == TransportProtocol::Tcp, "flows are TCP's (BL-17)");
    const FlowId ports = FlowId::from_ports(tuple.client_port, tuple.service_port);
    const std::size_t at = std::size_t{packet[0]} % 16 * 4 + kTcpChecksumOffset;
    const std::uint16_t stale = at + 2 <= packet.size() ? load_u16(packet, at) : std::uint16_t{0};
    const auto fault = readdress(packet, {tuple.client, tuple.service, ports.value()}, field);
    if (!fault && is_mutant(Mutant::RestoresStaleChecksum)) store_u16(packet, at, stale);
    return fault;
}

}  // namespace shunt::wire
