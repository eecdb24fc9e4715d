// SPDX-License-Identifier: Apache-2.0
#include "roles/echo.hh"

#include "pdu/build.hh"

namespace conform {

Bytes encode_echo_request(const Iut& iut, std::uint16_t identifier, std::uint16_t sequence,
                          Bytes payload) {
    IcmpMessage echo{iut.clients.front(), iut.device.service.front(), icmp_type::kEchoRequest};
    echo.identifier = identifier;
    echo.sequence = sequence;
    echo.payload = std::move(payload);
    return encode_ethernet(iut.device.front_mac, iut.client_mac, ether_type::kIpv4,
                           encode_icmp_packet(echo));
}

}  // namespace conform
