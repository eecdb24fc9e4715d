// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/receiving_connection.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

constexpr wire::ConnectionTuple kTuple{.client = wire::Ipv4Address(10, 7, 0, 9),
                                       .client_port = 4'711,
                                       .service = wire::Ipv4Address(10, 7, 1, 1),
                                       .service_port = 80,
                                       .protocol = wire::TransportProtocol::Tcp};
constexpr wire::MacAddress kClientMac{{0x02, 0x09, 0, 0, 0, 9}};
constexpr wire::MacAddress kServerMac{{0x02, 0x07, 0, 0, 0, 1}};
constexpr SequenceNumber kClientInitial{0xFFFF'0000U};
constexpr SequenceNumber kServerInitial{500'000};
constexpr wire::TcpTimestamps kTimestamps{.value = 7'000'000, .echo = 0};
constexpr Duration kStep = Duration::microseconds(1);

tcp::Config acknowledging_each_segment() {
    tcp::Config config;
    config.no_delay = true;
    // Two of this size are acknowledged at once (RFC 5681 4.2), so is one of twice the size.
    config.advertised_mss = SegmentFrame::kTextSize / 2;
    return config;
}

wire::TcpHeader from_client() {
    wire::TcpHeader header;
    header.source_port = kTuple.client_port;
    header.destination_port = kTuple.service_port;
    header.window = 0xFFFF;
    header.options.timestamps = kTimestamps;
    return header;
}

/// Reads back a packet of the client's.
wire::TcpView view_of(const Packet& packet) {
    return *wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
}

Packet packet_of(PacketPool& pool, const wire::TcpHeader& header) {
    Packet packet = pool.take();
    header.prepend_to(packet, kTuple.client, kTuple.service);
    wire::Ipv4Header internet;
    internet.source = kTuple.client;
    internet.destination = kTuple.service;
    internet.prepend_to(packet);
    return packet;
}

}  // namespace

ReceivingConnection::ReceivingConnection()
    : config_(acknowledging_each_segment()),
      connection_(open()),
      frame_(place()),
      answer_(pool_.take()),
      none_(pool_.take()) {}

tcp::Connection ReceivingConnection::open() {
    wire::TcpHeader syn = from_client();
    syn.sequence = kClientInitial;
    syn.flags.syn = true;
    syn.options.mss = 1'460;
    syn.options.window_scale = 7;
    syn.options.sack_permitted = true;
    const Packet opening = packet_of(pool_, syn);
    const tcp::Identity identity{kTuple.service, kTuple.service_port, kTuple.client,
                                 kTuple.client_port};
    tcp::Chance chance{};
    chance.initial_sequence = kServerInitial;
    auto accepted = tcp::Connection::accept(config_, identity, view_of(opening), chance, now_);
    SHUNT_ASSERT(accepted, "a plain SYN opens");
    Packet answer = pool_.take();
    SHUNT_ASSERT(accepted->poll_transmit(now_, answer), "a SYN is answered");
    wire::TcpHeader acknowledgment = from_client();
    acknowledgment.sequence = kClientInitial + 1;
    acknowledgment.acknowledgment = kServerInitial + 1;
    acknowledgment.flags.acknowledgment = true;
    const Packet third = packet_of(pool_, acknowledgment);
    const auto dropped = accepted->handle_segment(view_of(third), now_);
    SHUNT_ASSERT(!dropped && accepted->state() == tcp::State::Established, "the third packet");
    return std::move(*accepted);
}

SegmentPlace ReceivingConnection::place() const {
    return {.tuple = kTuple,
            .source = kClientMac,
            .destination = kServerMac,
            .sequence = connection_.receive_next(),
            .acknowledgment = connection_.send_next(),
            .timestamps = kTimestamps};
}

bool ReceivingConnection::step() {
    now_ = now_ + kStep;
    const auto ethernet = wire::EthernetView::parse(frame_.bytes());
    if (!ethernet || ethernet->destination() != kServerMac) return false;
    const auto internet = wire::Ipv4View::parse(ethernet->payload());
    if (!internet) return false;
    const auto segment = wire::TcpView::parse(*internet);
    if (!segment) return false;
    if (connection_.handle_segment(*segment, now_)) return false;
    const std::size_t readable = connection_.readable().size();
    connection_.consume(connection_.receive_queue_size());
    answer_.clear();
    if (!connection_.poll_transmit(now_, answer_)) return false;
    wire::EthernetHeader{kClientMac, kServerMac, wire::kEtherTypeIpv4}.prepend_to(answer_);
    none_.clear();
    if (connection_.poll_transmit(now_, none_)) return false;
    while (connection_.poll_event()) {
    }
    if (connection_.poll_deadline()) return false;
    frame_.advance();
    return readable > 0 && connection_.receive_queue_size() == 0;
}

}  // namespace shunt::bench
