// SPDX-License-Identifier: Apache-2.0
/// Oracle: forwarded packets are the client's.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "oracle/oracle.hh"

namespace conform {
namespace {

/// The packets of one client in the order in which the device got them.
struct ClientPackets {
    std::vector<const Bytes*> packets;
    const Bytes* handshake_ack = nullptr;
    std::size_t next = 0;  ///< the first that has not been forwarded, nor has one after it

    void add(const Ipv4Packet& packet) {
        const TcpSegment& segment = *packet.tcp;
        packets.push_back(&packet.bytes);
        if (handshake_ack == nullptr && segment.flags == tcp_flag::kAck &&
            segment.payload.empty()) {
            handshake_ack = &packet.bytes;
        }
    }

    /// What is wrong about forwarding `inner` now; empty: nothing.
    std::string take(const Ipv4Packet& inner) {
        const auto is_inner = [&](const Bytes* packet) { return *packet == inner.bytes; };
        const auto from = packets.begin() + static_cast<std::ptrdiff_t>(next);
        const auto found = std::find_if(from, packets.end(), is_inner);
        if (found != packets.end()) {
            next = static_cast<std::size_t>(found - packets.begin()) + 1;
            return {};
        }
        // EP-18: a base home sends the handshake's ACK again. EP-10: and a RST of its own.
        if (handshake_ack != nullptr && *handshake_ack == inner.bytes) return {};
        if (inner.tcp && inner.tcp->has(tcp_flag::kRst)) return {};
        if (std::any_of(packets.begin(), from, is_inner)) {
            return "one that was forwarded before, or overtaken by a later one";
        }
        return fmt::format("a packet that the client has not sent: {}", to_hex(inner.bytes, 40));
    }
};

}  // namespace

std::vector<Finding> examine_forwarded_packets(const Capture& capture) {
    std::map<SocketAddress, ClientPackets> clients;
    std::vector<Finding> findings;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        const Frame& frame = captured.frame;
        if (captured.direction == Direction::ToDevice && captured.link == Link::Front &&
            frame.ipv4 && frame.ipv4->tcp) {
            clients[frame.ipv4->tcp->source].add(*frame.ipv4);
        } else if (captured.direction == Direction::FromDevice && frame.inner) {
            const std::string fault = clients[frame.encapsulation->source].take(*frame.inner);
            if (fault.empty()) continue;
            findings.push_back(
                {"EP-21", "0x02 with the client's next packet, unchanged", fault, number});
        }
    }
    return findings;
}

}  // namespace conform
