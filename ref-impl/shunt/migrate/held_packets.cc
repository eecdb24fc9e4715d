// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/held_packets.hh"

#include <optional>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate {
namespace {

/// What an intact segment acknowledges that says nothing else.
std::optional<SequenceNumber> acknowledged_by(ByteView packet) {
    const auto ip = wire::Ipv4View::parse(packet);
    const bool is_tcp = ip && ip->protocol() == wire::IpProtocol::Tcp && !ip->is_fragment();
    if (!is_tcp) return std::nullopt;
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment || !segment->payload().empty()) return std::nullopt;
    const wire::TcpFlags flags = segment->flags();
    const bool is_pure =
        flags.acknowledgment && !flags.syn && !flags.fin && !flags.reset && !flags.urgent;
    return is_pure ? std::optional(segment->acknowledgment()) : std::nullopt;
}

}  // namespace

void HeldPackets::replace_acknowledgment(Packet packet, Limits limits) {
    if (packets_.empty()) return;
    Packet& last = packets_.back();
    if (bytes_ - last.size() + packet.size() > limits.bytes) return;
    const auto newer = acknowledged_by(packet.bytes());
    const auto older = acknowledged_by(last.bytes());
    if (!newer || !older || newer->before(*older)) return;
    bytes_ = bytes_ - last.size() + packet.size();
    last = std::move(packet);
}

}  // namespace shunt::migrate
