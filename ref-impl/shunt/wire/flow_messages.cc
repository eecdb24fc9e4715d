// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/flow_messages.hh"

#include <algorithm>

namespace shunt::wire {

Result<FlowBody, Counter> FlowBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    return FlowBody{FlowId(load_u32(body, 0))};
}

void FlowBody::write_to(MutableBytes bytes) const {
    store_u32(bytes, 0, flow.value());
}

Result<BlobRejectBody, Counter> BlobRejectBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    const auto reason = static_cast<RejectReason>(load_u16(body, 0));
    if (reason < RejectReason::NoListener || reason > RejectReason::Void) {
        return Failure{Counter::DropControlBody};
    }
    return BlobRejectBody{reason};
}

void BlobRejectBody::write_to(MutableBytes bytes) const {
    store_u16(bytes, 0, static_cast<std::uint16_t>(reason));
}

Result<MovedIcmpBody, Counter> MovedIcmpBody::parse(ByteView body) {
    if (body.size() < kHeadSize) return Failure{Counter::DropControlBody};
    if (body.size() != kHeadSize + load_u16(body, 12)) return Failure{Counter::DropControlBody};
    return MovedIcmpBody{.tuple = {.client = Ipv4Address(load_u32(body, 0)),
                                   .client_port = load_u16(body, 4),
                                   .service = Ipv4Address(load_u32(body, 6)),
                                   .service_port = load_u16(body, 10),
                                   .protocol = TransportProtocol::Tcp},
                         .packet = body.subspan(kHeadSize)};
}

void MovedIcmpBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(packet.size() <= kPacketMax, "an IPv4 packet fits its field");
    store_u32(bytes, 0, tuple.client.value());
    store_u16(bytes, 4, tuple.client_port);
    store_u32(bytes, 6, tuple.service.value());
    store_u16(bytes, 10, tuple.service_port);
    store_u16(bytes, 12, static_cast<std::uint16_t>(packet.size()));
    std::copy(packet.begin(), packet.end(), bytes.subspan(kHeadSize).begin());
}

}  // namespace shunt::wire
