// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/icmp_replies.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/ip/ipv4_address_checks.hh"

namespace shunt::ip {

namespace {

constexpr std::size_t kDatagramEveryHostTakes = 576;  // RFC 1122 3.3.2

void prepend_answer_header(Packet& packet, const wire::Ipv4View& request) {
    wire::Ipv4Header header;
    // Atomic, the identification means nothing (RFC 6864 4.1). What may be fragmented takes that of
    // the request: it is new as often as that is, and a count of ours would tell how much we send.
    header.dont_fragment = packet.size() + wire::kIpv4HeaderSize <= kDatagramEveryHostTakes;
    if (!header.dont_fragment) header.identification = request.identification();
    header.protocol = wire::IpProtocol::Icmp;
    header.source = request.destination();
    header.destination = request.source();
    header.prepend_to(packet);
}

/// RFC 1122 3.2.2: no error about an error, a later fragment, or what was not from one host to one.
bool may_be_answered_with_error(const wire::Ipv4View& about) {
    if (about.fragment_offset() != 0) return false;
    if (!is_host_address(about.source()) || !is_host_address(about.destination())) return false;
    if (about.protocol() != wire::IpProtocol::Icmp) return true;
    const auto message = wire::IcmpView::parse(about);
    return message && !wire::is_error(message->type());
}

}  // namespace

Result<Packet, Counter> IcmpReplies::echo_reply(const wire::Ipv4View& request,
                                                const wire::IcmpView& echo, Instant now) {
    if (!echoes_.take(now)) return Failure{Counter::DropIcmpRate};
    Packet packet = pool_.copy(echo.payload());
    if (is_mutant(Mutant::EchoesZeros) && echo.payload().size() == 64) {
        std::ranges::fill(packet.mutable_bytes(), std::uint8_t{0});
    }
    wire::IcmpHeader header;
    header.type = wire::IcmpType::EchoReply;
    header.identifier = echo.identifier();
    header.sequence_or_mtu = echo.sequence();
    header.prepend_to(packet);
    prepend_answer_header(packet, request);
    return packet;
}

Result<Packet, Counter> IcmpReplies::port_unreachable(const wire::Ipv4View& about, Instant now) {
    wire::IcmpHeader header;
    header.type = wire::IcmpType::DestinationUnreachable;
    header.code = wire::kIcmpPortUnreachable;
    return error(about, header, now);
}

Result<Packet, Counter> IcmpReplies::protocol_unreachable(const wire::Ipv4View& about,
                                                          Instant now) {
    wire::IcmpHeader header;
    header.type = wire::IcmpType::DestinationUnreachable;
    header.code = wire::kIcmpProtocolUnreachable;
    return error(about, header, now);
}

Result<Packet, Counter> IcmpReplies::reassembly_time_exceeded(const wire::Ipv4View& about,
                                                              Instant now) {
    wire::IcmpHeader header;
    header.type = wire::IcmpType::TimeExceeded;
    header.code = wire::kIcmpReassemblyTimeExceeded;
    return error(about, header, now);
}

Result<Packet, Counter> IcmpReplies::fragmentation_needed(const wire::Ipv4View& about,
                                                          std::uint16_t mtu, Instant now) {
    wire::IcmpHeader header;
    header.type = wire::IcmpType::DestinationUnreachable;
    header.code = wire::kIcmpFragmentationNeeded;
    header.sequence_or_mtu = mtu;
    return error(about, header, now);
}

Result<Packet, Counter> IcmpReplies::error(const wire::Ipv4View& about, wire::IcmpHeader header,
                                           Instant now) {
    if (!may_be_answered_with_error(about)) return Failure{Counter::DropIcmpUnanswerable};
    if (!errors_.take(now)) return Failure{Counter::DropIcmpRate};
    const ByteView quoted = about.packet();
    Packet packet = pool_.copy(quoted.first(std::min(quoted.size(), kQuotedBytesMax)));
    header.prepend_to(packet);
    prepend_answer_header(packet, about);
    return packet;
}

}  // namespace shunt::ip
