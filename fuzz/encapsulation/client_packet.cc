// SPDX-License-Identifier: Apache-2.0
#include "encapsulation/client_packet.hh"

#include "shunt/wire/ipv4.hh"

namespace shunt::fuzz {

wire::ControlBlock fresh_block() {
    wire::ControlBlock block;
    block.epoch = 1;
    block.mss = 1'460;
    block.initial_send_sequence = kServiceInitial;
    block.send_unacknowledged = block.send_next = block.send_max = block.send_urgent =
        kServiceInitial + 1;
    block.initial_receive_sequence = kClientInitial;
    block.receive_next = block.receive_urgent = block.last_acknowledgment_sent = kClientInitial + 1;
    block.receive_advertised = block.receive_next + 65'535;
    block.window_update_sequence = block.receive_next;
    block.window_update_acknowledgment = block.send_unacknowledged;
    block.send_window = block.send_window_max = block.receive_window = 65'535;
    block.congestion_window = 14'600;
    block.slow_start_threshold = 0x7FFFFFFF;
    block.retransmission_timeout_ms = 1'000;
    return block;
}

void write_client_packet(const wire::ConnectionTuple& tuple, wire::TcpFlags flags, ByteView text,
                         Packet& packet) {
    packet.append(text);
    wire::TcpHeader header;
    header.source_port = tuple.client_port;
    header.destination_port = tuple.service_port;
    header.sequence = kClientInitial + 1;
    header.acknowledgment = kServiceInitial + 1;
    header.flags = flags;
    header.window = 65'535;
    header.prepend_to(packet, tuple.client, tuple.service);
    wire::Ipv4Header ip;
    ip.dont_fragment = true;
    ip.source = tuple.client;
    ip.destination = tuple.service;
    ip.prepend_to(packet);
}

}  // namespace shunt::fuzz
