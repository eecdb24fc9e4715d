// SPDX-License-Identifier: Apache-2.0
// UDP sockets (RFC 768, RFC 1122 4.1).
#include <algorithm>

#include "shunt/stack/socket_set.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/udp.hh"

namespace shunt::stack {

Result<std::size_t, ApiError> SocketSet::send_to(SocketId id, ByteView bytes, SocketAddress to) {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase != Phase::Datagram) return Failure{ApiError::NotSupported};
    if (const auto fate = take_fate(id.index)) return Failure{*fate};
    if (const auto fault = fault_of_remote(to)) return Failure{*fault};
    if (!socket->is_bound) {
        if (const auto fault = bind(id, {})) return Failure{*fault};
    }
    return send_datagram(id.index, bytes, to);
}

Result<std::size_t, ApiError> SocketSet::send_datagram(Index index, ByteView bytes,
                                                       SocketAddress to) {
    const Socket& socket = sockets_[index];
    if (bytes.size() > limits_.datagram_bytes) return Failure{ApiError::MessageTooLong};
    if (outgoing_.size() >= FrameQueue::kFramesMax) return Failure{ApiError::WouldBlock};
    const bool has_address = socket.local.address != wire::Ipv4Address();
    const wire::Ipv4Address from = has_address ? socket.local.address : host_.addresses.front();
    Packet packet = host_.pool.copy(bytes);
    wire::UdpHeader{socket.local.port, to.port}.prepend_to(packet, from, to.address);
    wire::Ipv4Header ip;
    constexpr unsigned dscp_shift = 2;  // RFC 2474 3
    const std::uint8_t code_point = socket.options.differentiated_services.code_point;
    ip.type_of_service = static_cast<std::uint8_t>(code_point << dscp_shift);
    ip.identification = identification_++;
    ip.protocol = wire::IpProtocol::Udp;
    ip.source = from;
    ip.destination = to.address;
    ip.prepend_to(packet);
    const bool is_queued = outgoing_.push(std::move(packet));
    SHUNT_ASSERT(is_queued, "there was room");
    return bytes.size();
}

bool SocketSet::handle_udp(const wire::Ipv4View& ip) {
    const auto datagram = wire::UdpView::parse(ip);
    if (!datagram) {
        host_.counters.add(datagram.error());
        return true;
    }
    const SocketAddress from{ip.source(), datagram->source_port()};
    const auto index = bound_to(SocketKind::Udp, {ip.destination(), datagram->destination_port()});
    // A socket with a peer has no other (RFC 1122 4.1.3.5 leaves it to the application's layer).
    const bool is_taken = index && (!sockets_[*index].remote || *sockets_[*index].remote == from);
    if (!is_taken) {
        host_.counters.add(Counter::DropUdpPort);
        return false;
    }
    Socket& socket = sockets_[*index];
    const std::size_t room = socket.options.receive_buffer.bytes;
    if (!socket.datagrams->push(from, datagram->payload(), room)) {
        host_.counters.add(Counter::DropUdpQueue);
    }
    note(*index);
    return true;
}

Result<ReceivedDatagram, ApiError> SocketSet::receive_from(SocketId id, MutableBytes into) {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase != Phase::Datagram) return Failure{ApiError::NotSupported};
    if (const auto fate = take_fate(id.index)) return Failure{*fate};
    if (socket->datagrams->empty()) return Failure{ApiError::WouldBlock};
    const DatagramQueue::Datagram& oldest = socket->datagrams->front();
    ReceivedDatagram received;
    received.size = std::min(oldest.bytes.size(), into.size());
    received.from = oldest.from;
    received.is_truncated = received.size < oldest.bytes.size();
    std::copy_n(oldest.bytes.begin(), received.size, into.begin());
    socket->datagrams->pop();
    note(id.index);
    return received;
}

/// RFC 1122 4.1.3.3: the application hears of it. Only a socket with a peer can tell which of its
/// datagrams it was about.
void SocketSet::hear_refusal(const wire::IcmpView& message, const wire::QuotedPacketView& quoted) {
    const auto index = bound_to(SocketKind::Udp, {quoted.source(), quoted.source_port()});
    const SocketAddress to{quoted.destination(), quoted.destination_port()};
    const bool is_refusal = message.type() == wire::IcmpType::DestinationUnreachable &&
                            message.code() == wire::kIcmpPortUnreachable;
    if (!index || !is_refusal || sockets_[*index].remote != to) {
        return host_.counters.add(Counter::DropIcmpUnrelated);
    }
    fail(*index, ApiError::ConnectionRefused);
}

}  // namespace shunt::stack
