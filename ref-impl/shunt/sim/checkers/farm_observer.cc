// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/farm_observer.hh"

#include <fmt/format.h>

#include "shunt/wire/ethernet.hh"

namespace shunt::sim {
namespace {

// docs/protocol/endpoint.md, Framing: offsets in the payloads that begin with the service address
// (0x01) or with a length and an ID.
constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kServiceSize = 6;
constexpr std::size_t kEpochOffset = kLengthSize + kServiceSize + 4;
constexpr std::size_t kBlockEpochOffset = kServiceSize + 4;
constexpr std::size_t kIdentifiedSize = kLengthSize + 14;
constexpr std::size_t kCopiedSize = kIdentifiedSize + 4;
// Both ports of a TCP header.
constexpr std::size_t kPortsSize = 4;

void set_service(wire::ConnectionTuple& tuple, ByteView payload, std::size_t offset) {
    tuple.service = wire::Ipv4Address(load_u32(payload, offset));
    tuple.service_port = load_u16(payload, offset + 4);
}

// The tuple and what else a payload says; false if it names no connection.
bool read_payload(const wire::EncapsulationView& view, const FarmRoles& roles,
                  FarmMessage& message) {
    const ByteView payload = view.payload();
    if (message.type == wire::EncapsulationType::Forwarded) {
        const auto inner = wire::Ipv4View::parse(payload);
        // An ICMP error is no packet of the client's (EP-26).
        if (!inner || inner->protocol() == wire::IpProtocol::Icmp) return false;
        // Of what had to go in pieces (FRM-9), who puts them together sees whether it is the same.
        if (!inner->is_fragment()) message.inner_packet = inner->packet();
        message.tuple.service = inner->destination();
        message.tuple.service_port = view.destination_port();
        const auto segment = wire::TcpView::parse(*inner);
        if (segment) message.inner = *segment;
        return true;
    }
    if (message.type == wire::EncapsulationType::Connection) {
        set_service(message.tuple, payload, 0);
        if (view.protocol() == wire::TransportProtocol::Tcp)
            message.epoch = load_u32(payload, kBlockEpochOffset);
        return true;
    }
    if (message.type == wire::EncapsulationType::Acknowledgement && payload.empty()) {
        const auto service = roles.service_of(view.destination());
        message.tuple.service = service.value_or(wire::Ipv4Address());
        message.tuple.service_port = view.destination_port();
        return service.has_value();
    }
    if (payload.size() < kIdentifiedSize) return false;
    set_service(message.tuple, payload, kLengthSize);
    message.epoch = load_u32(payload, kEpochOffset);
    const bool has_copy = message.type == wire::EncapsulationType::Acknowledgement ||
                          message.type == wire::EncapsulationType::Release ||
                          message.type == wire::EncapsulationType::Go;
    if (has_copy && payload.size() >= kCopiedSize)
        message.copy = load_u32(payload, kIdentifiedSize);
    return true;
}

// Of a client's packet, which has its ports.
wire::ConnectionTuple port_tuple(const wire::Ipv4View& packet) {
    const ByteView payload = packet.payload();
    return {packet.source(), load_u16(payload, 0), packet.destination(), load_u16(payload, 2),
            *wire::to_transport_protocol(packet.protocol())};
}

}  // namespace

void FarmObserver::observe(const Transmission& transmission) {
    if (transmission.segment == roles_.front) observe_front(transmission);
    if (transmission.segment != roles_.back) return;
    const auto tell = [this](const FarmMessage& message) {
        for (FarmChecker* checker : checkers_)
            checker->message_sent(message);
    };
    const auto message = read_message(transmission.frame, transmission.time, transmission.from);
    if (message) return tell(*message);
    const bool is_part = roles_.has_blobs && blobs_.read_sent(transmission.frame, transmission.time,
                                                              transmission.from, tell);
    if (!is_part) return;
    for (FarmChecker* checker : checkers_)
        checker->control_part_sent(transmission.from);
}

void FarmObserver::observe(const Arrival& arrival) {
    if (arrival.segment == roles_.front) observe_front(arrival);
    if (arrival.segment != roles_.back) return;
    const auto tell = [this](const FarmMessage& message) {
        for (FarmChecker* checker : checkers_)
            checker->message_arrived(message);
    };
    auto message = read_message(arrival.frame, arrival.time, arrival.from);
    if (message) {
        message->to = arrival.to;
        return tell(*message);
    }
    const bool is_part = roles_.has_blobs && blobs_.read_arrived(arrival.frame, arrival.time,
                                                                 arrival.from, arrival.to, tell);
    if (!is_part) return;
    for (FarmChecker* checker : checkers_)
        checker->control_part_arrived(arrival.to);
}

void FarmObserver::observe(const Settling& settling) {
    if (roles_.server(settling.host) == nullptr) return;
    for (FarmChecker* checker : checkers_)
        checker->server_settled(settling);
}

void FarmObserver::orphan(const wire::ConnectionTuple& tuple) {
    for (FarmChecker* checker : checkers_)
        checker->orphaned(tuple);
}

void FarmObserver::observe_front(const Transmission& transmission) {
    const auto ethernet = wire::EthernetView::parse(transmission.frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet) {
        refuse(transmission, "an IPv4 packet", packet.error());
        return;
    }
    if (packet->protocol() == wire::IpProtocol::Tcp)
        observe_tcp(transmission, ethernet->source(), *packet);
}

void FarmObserver::observe_tcp(const Transmission& transmission, wire::MacAddress source_mac,
                               const wire::Ipv4View& packet) {
    const auto segment = wire::TcpView::parse(packet);
    if (!segment) {
        refuse(transmission, "a TCP segment", segment.error());
        return;
    }
    if (roles_.server(transmission.from) == nullptr) {
        const wire::ConnectionTuple tuple = port_tuple(packet);
        for (FarmChecker* checker : checkers_)
            checker->client_sent({transmission.time, tuple, *segment});
        return;
    }
    if (roles_.home_of(packet.source()) == nullptr) return;
    const wire::ConnectionTuple tuple{packet.destination(), segment->destination_port(),
                                      packet.source(), segment->source_port(),
                                      wire::TransportProtocol::Tcp};
    const ServerSegment sent{transmission.time, transmission.from, source_mac, tuple, *segment};
    for (FarmChecker* checker : checkers_)
        checker->server_sent(sent);
}

void FarmObserver::observe_front(const Arrival& arrival) {
    if (roles_.server(arrival.to) == nullptr || roles_.server(arrival.from) != nullptr) return;
    const auto ethernet = wire::EthernetView::parse(arrival.frame);
    if (ethernet && ethernet->type() == wire::kEtherTypeArp) {
        for (FarmChecker* checker : checkers_)
            checker->neighbour_found(arrival.to, arrival.time);
    }
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || !wire::to_transport_protocol(packet->protocol())) return;
    // The ports of a packet that is damaged behind them still say whose it is.
    if (packet->is_fragment() || packet->payload().size() < kPortsSize) return;
    ClientPacket arrived{arrival.time, arrival.to, port_tuple(*packet), {}, packet->packet()};
    const auto segment = wire::TcpView::parse(*packet);
    if (segment) arrived.segment = *segment;
    for (FarmChecker* checker : checkers_)
        checker->client_packet_arrived(arrived);
}

std::optional<FarmMessage> FarmObserver::read_message(ByteView frame, Instant time,
                                                      HostId from) const {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != roles_.encapsulation_ether_type) return std::nullopt;
    const auto set = roles_.has_extensions ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base;
    const auto view = wire::EncapsulationView::parse(ethernet->payload(), set);
    if (!view) return std::nullopt;
    FarmMessage message;
    message.time = time;
    message.from = from;
    message.type = view->type();
    message.tuple.client = view->source();
    message.tuple.client_port = view->source_port();
    message.tuple.protocol = view->protocol();
    const ServerRole* addressee = roles_.server_by_back_mac(ethernet->destination());
    if (addressee == nullptr || !read_payload(*view, roles_, message)) return std::nullopt;
    message.to = addressee->host;
    return message;
}

void FarmObserver::refuse(const Transmission& transmission, std::string_view what, Counter reason) {
    log_.add(transmission.time, "RFC 9293 3.1",
             fmt::format("{} sends {} that counts as {}", transmission.names.from, what,
                         counter_name(reason)));
}

}  // namespace shunt::sim
