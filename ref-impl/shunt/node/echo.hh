// SPDX-License-Identifier: Apache-2.0
// The built-in application of UDP: each datagram comes back with the server's name and a space in
// front, so that a person sees who answered.
#pragma once

#include <optional>
#include <string_view>

#include "shunt/base/packet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {

/// Ports below are of services that may answer an answer, and so for ever (CERT CA-1996-01).
inline constexpr std::uint16_t kEchoedPortMin = 1'024;

/// The IPv4 packet that answers `datagram`, from the address and port that it was sent to (EP-52);
/// nothing if it came from a port below kEchoedPortMin. What it says is cut where a UDP datagram
/// ends. A packet of more than `mtu` bytes may be fragmented.
std::optional<Packet> echo_answer(const wire::Ipv4View& request, const wire::UdpView& datagram,
                                  std::string_view server_name, std::size_t mtu, PacketPool& pool);

}  // namespace shunt::node
