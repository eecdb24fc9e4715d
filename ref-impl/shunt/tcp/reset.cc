// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/reset.hh"

#include "shunt/wire/ipv4.hh"

namespace shunt::tcp {

std::optional<Reset> Reset::answer_to(const wire::TcpView& segment) {
    const wire::TcpFlags flags = segment.flags();
    if (flags.reset) return std::nullopt;
    if (flags.acknowledgment)
        return Reset{.sequence = segment.acknowledgment(), .acknowledgment = {}};
    return Reset{.sequence = SequenceNumber(0),
                 .acknowledgment = segment.sequence() + segment.segment_length()};
}

void Reset::write(const Identity& identity, Packet& out) const {
    wire::TcpHeader header;
    header.source_port = identity.local_port;
    header.destination_port = identity.remote_port;
    header.sequence = sequence;
    header.flags.reset = true;
    if (acknowledgment) {
        header.flags.acknowledgment = true;
        header.acknowledgment = *acknowledgment;
    }
    header.prepend_to(out, identity.local_address, identity.remote_address);
    wire::Ipv4Header internet;
    internet.dont_fragment = true;
    internet.protocol = wire::IpProtocol::Tcp;
    internet.source = identity.local_address;
    internet.destination = identity.remote_address;
    internet.prepend_to(out);
}

}  // namespace shunt::tcp
