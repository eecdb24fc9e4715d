// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/describe.hh"

#include <fmt/format.h>

#include <string_view>

#include "shunt/wire/arp.hh"
#include "shunt/wire/challenge.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/endpoint_data.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/missing_ranges.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/udp.hh"

namespace shunt::wire {
namespace {

// An inner packet is described without looking for further encapsulation: nesting is refused
// (SEC-8), and a description must not recurse as deep as a sender likes.
enum class Nesting : std::uint8_t { Outer, Inner };

std::string malformed(Counter counter) {
    return fmt::format("malformed: {}", counter_name(counter));
}

std::string describe_flags(TcpFlags flags) {
    std::string text;
    if (flags.syn) text += 'S';
    if (flags.fin) text += 'F';
    if (flags.reset) text += 'R';
    if (flags.push) text += 'P';
    if (flags.acknowledgment) text += '.';
    if (flags.urgent) text += 'U';
    if (flags.ecn_echo) text += 'E';
    if (flags.congestion_window_reduced) text += 'W';
    return text.empty() ? "none" : text;
}

std::string describe_options(const TcpOptions& options) {
    std::string text;
    const auto add = [&](const std::string& option) {
        text += text.empty() ? " <" : ", ";
        text += option;
    };
    if (options.mss) add(fmt::format("mss {}", *options.mss));
    if (options.window_scale) add(fmt::format("wscale {}", *options.window_scale));
    if (options.sack_permitted) add("sack-permitted");
    if (options.timestamps) {
        add(fmt::format("ts {} {}", options.timestamps->value, options.timestamps->echo));
    }
    for (const SackBlock& block : options.sack_blocks())
        add(fmt::format("sack {}-{}", block.left.value(), block.right.value()));
    if (!text.empty()) text += '>';
    return text;
}

std::string describe_tcp(const Ipv4View& packet) {
    const auto segment = TcpView::parse(packet);
    if (!segment) return malformed(segment.error());
    const TcpFlags flags = segment->flags();
    std::string text = fmt::format("{}:{} > {}:{} tcp {} seq {}", packet.source().to_string(),
                                   segment->source_port(), packet.destination().to_string(),
                                   segment->destination_port(), describe_flags(flags),
                                   segment->sequence().value());
    if (flags.acknowledgment) text += fmt::format(" ack {}", segment->acknowledgment().value());
    text += fmt::format(" win {} len {}", segment->window(), segment->payload().size());
    if (flags.urgent) text += fmt::format(" urg {}", segment->urgent_pointer());
    return text + describe_options(segment->options());
}

std::string describe_udp(const Ipv4View& packet, Nesting nesting) {
    const auto datagram = UdpView::parse(packet);
    if (!datagram) return malformed(datagram.error());
    std::string text = fmt::format("{}:{} > {}:{} udp len {}", packet.source().to_string(),
                                   datagram->source_port(), packet.destination().to_string(),
                                   datagram->destination_port(), datagram->payload().size());
    if (nesting == Nesting::Outer && datagram->destination_port() == kEncapsulationUdpPort) {
        text += " | " + describe_encapsulation(datagram->payload());
    }
    return text;
}

std::string describe_icmp(const Ipv4View& packet) {
    const auto message = IcmpView::parse(packet);
    if (!message) return malformed(message.error());
    std::string text = fmt::format("{} > {} icmp type {} code {}", packet.source().to_string(),
                                   packet.destination().to_string(),
                                   static_cast<unsigned>(message->type()), message->code());
    if (message->type() == IcmpType::Echo || message->type() == IcmpType::EchoReply) {
        text += fmt::format(" id {} seq {}", message->identifier(), message->sequence());
    }
    return text + fmt::format(" len {}", message->payload().size());
}

std::string describe_fragment(const Ipv4View& packet) {
    return fmt::format("{} > {} ip-proto {} fragment id {} offset {} len {}{}",
                       packet.source().to_string(), packet.destination().to_string(),
                       static_cast<unsigned>(packet.protocol()), packet.identification(),
                       packet.fragment_offset(), packet.payload().size(),
                       packet.more_fragments() ? " more" : "");
}

std::string describe_packet(const Ipv4View& packet, Nesting nesting) {
    if (packet.is_fragment()) return describe_fragment(packet);
    switch (packet.protocol()) {
        case IpProtocol::Tcp:
            return describe_tcp(packet);
        case IpProtocol::Udp:
            return describe_udp(packet, nesting);
        case IpProtocol::Icmp:
            return describe_icmp(packet);
    }
    return fmt::format("{} > {} ip-proto {} len {}", packet.source().to_string(),
                       packet.destination().to_string(), static_cast<unsigned>(packet.protocol()),
                       packet.payload().size());
}

std::string describe_arp(ByteView bytes) {
    const auto arp = ArpView::parse(bytes);
    if (!arp) return malformed(arp.error());
    if (arp->operation() == ArpOperation::Request) {
        return fmt::format("arp who-has {} tell {}", arp->target_ip().to_string(),
                           arp->sender_ip().to_string());
    }
    if (arp->operation() == ArpOperation::Reply) {
        return fmt::format("arp {} is-at {}", arp->sender_ip().to_string(),
                           arp->sender_mac().to_string());
    }
    return fmt::format("arp operation {}", static_cast<unsigned>(arp->operation()));
}

std::string_view type_name(EncapsulationType type) {
    switch (type) {
        case EncapsulationType::Connection:
            return "connection";
        case EncapsulationType::Forwarded:
            return "forwarded";
        case EncapsulationType::Acknowledgement:
            return "acknowledgement";
        case EncapsulationType::Reject:
            return "reject";
        case EncapsulationType::Release:
            return "release";
        case EncapsulationType::Data:
            return "data";
        case EncapsulationType::Challenge:
            return "challenge";
        case EncapsulationType::Go:
            return "go";
        case EncapsulationType::Missing:
            return "missing";
    }
    return "unknown";
}

std::string describe_id(const MigrationId& id) {
    return fmt::format("{}:{} iss {} epoch {}", id.service.to_string(), id.service_port,
                       id.initial_send_sequence.value(), id.epoch);
}

std::string describe_connection(const EncapsulationView& view) {
    const auto information = ConnectionInformation::parse(view);
    if (!information) return malformed(information.error());
    std::string text =
        fmt::format("service {}:{}", information->service.to_string(), information->service_port);
    if (information->flow_number) text += fmt::format(" flow {}", *information->flow_number);
    if (!information->block) return text;
    const ControlBlock& block = *information->block;
    text += fmt::format(" epoch {} iss {} snd_una {} snd_nxt {} rcv_nxt {} state {}", block.epoch,
                        block.initial_send_sequence.value(), block.send_unacknowledged.value(),
                        block.send_next.value(), block.receive_next.value(),
                        static_cast<unsigned>(block.state));
    const auto valid = block.validate();
    return valid ? text : fmt::format("{}, refused: {}", text, to_string(valid.error()));
}

std::string describe_data(const EncapsulationView& view) {
    const auto data = EndpointData::parse(view);
    if (!data) return malformed(data.error());
    return fmt::format("{} queue {} offset {} len {}", describe_id(data->id),
                       static_cast<unsigned>(data->queue), data->offset, data->bytes.size());
}

std::string describe_challenge(const EncapsulationView& view) {
    const auto challenge = Challenge::parse(view);
    if (!challenge) return malformed(challenge.error());
    return fmt::format("{} nonce {:016x} boot index {:016x}",
                       challenge->kind == ChallengeKind::Challenge ? "challenge" : "answer",
                       challenge->nonce, challenge->boot_index);
}

std::string describe_missing(const EncapsulationView& view) {
    const auto missing = MissingRanges::parse(view);
    if (!missing) return malformed(missing.error());
    std::string text = describe_id(missing->id());
    for (std::size_t index = 0; index < missing->size(); ++index) {
        const MissingRange range = (*missing)[index];
        text += fmt::format(" queue {} offset {} len {}", static_cast<unsigned>(range.queue),
                            range.offset, range.length);
    }
    return text;
}

std::string describe_payload(const EncapsulationView& view) {
    switch (view.type()) {
        case EncapsulationType::Connection:
            return describe_connection(view);
        case EncapsulationType::Forwarded: {
            const auto forwarded = ForwardedPacket::parse(view);
            if (!forwarded) return malformed(forwarded.error());
            return describe_packet(forwarded->packet(), Nesting::Inner);
        }
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go: {
            const auto copy = MigrationCopy::parse(view);
            if (!copy) return "";
            return fmt::format("{} copy {}", describe_id(copy->id), copy->copy);
        }
        case EncapsulationType::Reject: {
            const auto rejection = RejectMessage::parse(view);
            if (!rejection) return malformed(rejection.error());
            return fmt::format("{} reason {}", describe_id(rejection->id),
                               static_cast<unsigned>(rejection->reason));
        }
        case EncapsulationType::Data:
            return describe_data(view);
        case EncapsulationType::Challenge:
            return describe_challenge(view);
        case EncapsulationType::Missing:
            return describe_missing(view);
    }
    return fmt::format("len {}", view.payload().size());
}

}  // namespace

std::string describe_frame(ByteView frame, std::uint16_t encapsulation_type) {
    const auto ethernet = EthernetView::parse(frame);
    if (!ethernet) return malformed(ethernet.error());
    if (ethernet->type() == encapsulation_type) return describe_encapsulation(ethernet->payload());
    if (ethernet->type() == kEtherTypeIpv4) return describe_ipv4(ethernet->payload());
    if (ethernet->type() == kEtherTypeArp) return describe_arp(ethernet->payload());
    return fmt::format("ethertype 0x{:04X} len {}", ethernet->type(), ethernet->payload().size());
}

std::string describe_ipv4(ByteView packet) {
    const auto view = Ipv4View::parse(packet);
    return view ? describe_packet(*view, Nesting::Outer) : malformed(view.error());
}

std::string describe_encapsulation(ByteView bytes) {
    const auto view = EncapsulationView::parse(bytes, ProtocolSet::Extended);
    if (!view) return "encapsulation " + malformed(view.error());
    const std::string text =
        fmt::format("0x{:02X} {} {}:{} > {}:{} {}", static_cast<unsigned>(view->type()),
                    type_name(view->type()), view->source().to_string(), view->source_port(),
                    view->destination().to_string(), view->destination_port(),
                    view->protocol() == TransportProtocol::Tcp ? "tcp" : "udp");
    const std::string payload = describe_payload(*view);
    return payload.empty() ? text : text + " | " + payload;
}

}  // namespace shunt::wire
