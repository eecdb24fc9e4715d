// SPDX-License-Identifier: Apache-2.0
/// Oracle: forwarded packets are the client's.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "oracle/oracle.hh"
#include "pdu/flow_watch.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

constexpr std::uint8_t kIcmp = 1;

/// A packet as the device has to forward it.
struct Original {
    Bytes bytes;
    /// It came in fragments, so that its header is the device's to make (EP-21).
    bool is_assembled = false;

    bool is_carried_by(const Bytes& packet) const {
        return is_assembled ? std::ranges::equal(ip_payload_of(packet), bytes) : packet == bytes;
    }
};

/// The packets of one client port in the order in which the device got them.
class ClientPackets {
  public:
    void add(Original packet) { packets_.push_back(std::move(packet)); }
    void add_handshake_ack(const Bytes& packet) {
        if (!handshake_ack_) handshake_ack_ = packet;
    }

    /// What is wrong about forwarding `inner` now; empty: nothing.
    std::string take(const Ipv4Packet& inner) {
        const auto is_inner = [&](const Original& packet) {
            return packet.is_carried_by(inner.bytes);
        };
        if (take_next(is_inner)) return {};
        // EP-18: a base home sends the handshake's ACK again. EP-10: and a RST of its own.
        if (handshake_ack_ == inner.bytes) return {};
        if (inner.tcp && inner.tcp->has(tcp_flag::kRst)) return {};
        const auto from = packets_.begin() + static_cast<std::ptrdiff_t>(next_);
        if (std::any_of(packets_.begin(), from, is_inner)) {
            return "one that was forwarded before, or overtaken by a later one";
        }
        return fmt::format("a packet that the client has not sent: {}", to_hex(inner.bytes, 40));
    }

    /// The same of a payload that left in pieces (FRM-9).
    std::string take_payload(const Bytes& payload) {
        const auto is_carried = [&](const Original& packet) {
            return packet.is_assembled ? packet.bytes == payload
                                       : std::ranges::equal(ip_payload_of(packet.bytes), payload);
        };
        return take_next(is_carried) ? "" : "fragments of a packet that the client has not sent";
    }

  private:
    template <class IsNext>
    bool take_next(const IsNext& is_next) {
        const auto from = packets_.begin() + static_cast<std::ptrdiff_t>(next_);
        const auto found = std::find_if(from, packets_.end(), is_next);
        if (found == packets_.end()) return false;
        next_ = static_cast<std::size_t>(found - packets_.begin()) + 1;
        return true;
    }

    std::vector<Original> packets_;
    std::optional<Bytes> handshake_ack_;
    std::size_t next_ = 0;  ///< the first that has not been forwarded, nor has one after it
};

class ForwardedPackets {
  public:
    void arrived(const Ipv4Packet& packet) {
        if (packet.protocol == kIcmp) return about_icmp_.add({packet.bytes});
        if (!fragment_place(packet).is_whole()) {
            std::optional<Bytes> payload = arrived_.add(packet);
            if (payload) of(packet.source, *payload).add({std::move(*payload), true});
            return;
        }
        ClientPackets& client = of(packet.source, ip_payload_of(packet.bytes));
        client.add({packet.bytes});
        if (packet.tcp && packet.tcp->flags == tcp_flag::kAck && packet.tcp->payload.empty()) {
            client.add_handshake_ack(packet.bytes);
        }
    }

    /// What is wrong about it; empty: nothing.
    std::string left(const Ipv4Packet& packet) {
        // EP-26: an ICMP error goes to the owner of the connection that it quotes.
        if (packet.protocol == kIcmp) return about_icmp_.take(packet);
        if (fragment_place(packet).is_whole()) {
            return of(packet.source, ip_payload_of(packet.bytes)).take(packet);
        }
        const std::optional<Bytes> payload = left_.add(packet);
        return payload ? of(packet.source, *payload).take_payload(*payload) : std::string();
    }

  private:
    /// TCP and UDP begin with the source port; one that is cut off gets those of port 0.
    ClientPackets& of(Ipv4Address client, ByteView payload) {
        const std::uint16_t port = payload.size() < 2 ? std::uint16_t{0} : load_u16(payload, 0);
        return clients_[{client, port}];
    }

    std::map<SocketAddress, ClientPackets> clients_;
    ClientPackets about_icmp_;
    Reassembly arrived_;
    Reassembly left_;
};

}  // namespace

std::vector<Finding> examine_forwarded_packets(const Capture& capture) {
    ForwardedPackets packets;
    FlowWatch flows(capture);
    std::vector<Finding> findings;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        const Frame& frame = captured.frame;
        if (captured.is_void) continue;
        const FlowSight sight = flows.look_at(frame);
        if (captured.direction == Direction::ToDevice && captured.link == Link::Front &&
            frame.ipv4) {
            packets.arrived(*frame.ipv4);
        } else if (captured.direction == Direction::ToDevice && frame.inner) {
            // EP-27, EP-46: an owner that gives a connection back sends on what came as 0x02.
            packets.arrived(*frame.inner);
        } else if (captured.direction == Direction::FromDevice && frame.inner) {
            const std::string fault = packets.left(*frame.inner);
            if (fault.empty()) continue;
            findings.push_back(
                {"EP-21", "0x02 with the client's next packet, unchanged", fault, number});
        } else if (sight.restored && captured.direction == Direction::ToDevice) {
            // BL-16: what is held or ends TIME-WAIT goes back as it came.
            packets.arrived(*sight.restored);
        } else if (sight.restored) {
            const std::string fault = packets.left(*sight.restored);
            if (fault.empty()) continue;
            findings.push_back({"BL-11",
                                describe_flow(sight.flow) +
                                    " with the client's next packet, nothing but readdressed",
                                fault, number});
        }
    }
    return findings;
}

}  // namespace conform
