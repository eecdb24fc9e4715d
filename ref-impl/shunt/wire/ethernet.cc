// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ethernet.hh"

namespace shunt::wire {

Result<EthernetView, Counter> EthernetView::parse(ByteView frame) {
    if (frame.size() < kEthernetHeaderSize) return Failure{Counter::DropEthernetTruncated};
    return EthernetView(frame);
}

void EthernetHeader::prepend_to(Packet& packet) const {
    const MutableBytes header = packet.prepend(kEthernetHeaderSize);
    destination.store(header, 0);
    source.store(header, 6);
    store_u16(header, 12, type);
}

}  // namespace shunt::wire
