// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/forwarded_packet.hh"

#include "shunt/base/mutant.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::wire {
namespace {

// SEC-2, as far as the address alone tells, and LAND. 0.0.0.0 is no client's either.
bool can_be_inner_source(const Ipv4View& inner) {
    const Ipv4Address source = inner.source();
    if (is_mutant(Mutant::TakesAnyInnerSource)) return true;
    return !source.is_loopback() && !source.is_multicast() && !source.is_broadcast() &&
           !source.is_unspecified() && source != inner.destination();
}

bool is_port(ByteView transport, std::size_t offset, std::uint16_t port) {
    return transport.size() >= offset + 2 && load_u16(transport, offset) == port;
}

// Of a fragment the addresses alone are compared (FRM-6): only the first has ports.
std::optional<Counter> find_fault(const EncapsulationView& view, const Ipv4View& inner) {
    if (inner.protocol() != to_ip_protocol(view.protocol())) {
        return Counter::DropEncapsulationInnerProtocol;
    }
    const ByteView transport = inner.payload();
    const bool has_ports = !inner.is_fragment();
    if (is_mutant(Mutant::IgnoresInnerSource)) return std::nullopt;
    if (inner.source() != view.source() ||
        (has_ports && !is_port(transport, 0, view.source_port()))) {
        return Counter::DropEncapsulationInnerSource;
    }
    if (has_ports && !is_port(transport, 2, view.destination_port())) {
        return Counter::DropEncapsulationInnerDestination;
    }
    return std::nullopt;
}

// EP-26: the quoted packet went from the service to the client, the other way round.
std::optional<Counter> find_quote_fault(const EncapsulationView& view,
                                        const QuotedPacketView& quoted) {
    if (quoted.protocol() != to_ip_protocol(view.protocol())) {
        return Counter::DropEncapsulationInnerProtocol;
    }
    if (quoted.destination() != view.source() || quoted.destination_port() != view.source_port()) {
        return Counter::DropEncapsulationInnerSource;
    }
    if (quoted.source_port() != view.destination_port()) {
        return Counter::DropEncapsulationInnerDestination;
    }
    return std::nullopt;
}

bool holds_icmp_error(const Ipv4View& inner) {
    if (inner.protocol() != IpProtocol::Icmp || inner.is_fragment() ||
        inner.payload().size() < kIcmpHeaderSize) {
        return false;
    }
    return is_error(static_cast<IcmpType>(inner.payload()[0]));
}

}  // namespace

Result<ForwardedPacket, Counter> ForwardedPacket::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Forwarded, "payloads are parsed by Type");
    const auto inner = Ipv4View::parse(view.payload());
    if (!inner) return Failure{Counter::DropEncapsulationInnerHeader};
    ConnectionTuple tuple{.client = view.source(),
                          .client_port = view.source_port(),
                          .service = inner->destination(),
                          .service_port = view.destination_port(),
                          .protocol = view.protocol()};
    std::optional<Counter> fault;
    if (holds_icmp_error(*inner)) {
        const auto quoted = QuotedPacketView::parse(inner->payload().subspan(kIcmpHeaderSize));
        if (!quoted) return Failure{Counter::DropEncapsulationInnerHeader};
        tuple.service = quoted->source();
        fault = find_quote_fault(view, *quoted);
    } else {
        fault = find_fault(view, *inner);
    }
    if (!fault && !can_be_inner_source(*inner)) fault = Counter::DropEncapsulationInnerSource;
    if (fault) return Failure{*fault};
    return ForwardedPacket(*inner, tuple);
}

}  // namespace shunt::wire
