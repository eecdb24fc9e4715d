// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/connection_information.hh"

#include "shunt/base/mutant.hh"

namespace shunt::wire {

Result<ConnectionInformation, Counter> ConnectionInformation::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Connection, "payloads are parsed by Type");
    const ByteView payload = view.payload();
    ConnectionInformation information{.service = Ipv4Address(load_u32(payload, 0)),
                                      .service_port = load_u16(payload, 4),
                                      .block = std::nullopt,
                                      .flow_number = std::nullopt};
    if (information.service_port != view.destination_port() &&
        !is_mutant(Mutant::IgnoresServerPort)) {
        return Failure{Counter::DropEncapsulationPayload};
    }
    if (view.protocol() == TransportProtocol::Tcp) {
        information.block = ControlBlock::load(payload, kUdpBaseSize);
    } else if (payload.size() == kUdpSize) {
        information.flow_number = load_u32(payload, kUdpBaseSize);
    }
    return information;
}

void ConnectionInformation::append_to(Packet& packet) const {
    SHUNT_ASSERT(!block || !flow_number, "a block is TCP's, a flow number is UDP's");
    const std::size_t size = block ? kTcpSize : flow_number ? kUdpSize : kUdpBaseSize;
    const MutableBytes bytes = packet.append(size);
    store_u32(bytes, 0, service.value());
    store_u16(bytes, 4, service_port);
    if (block) block->store(bytes, kUdpBaseSize);
    if (flow_number) store_u32(bytes, kUdpBaseSize, *flow_number);
}

}  // namespace shunt::wire
