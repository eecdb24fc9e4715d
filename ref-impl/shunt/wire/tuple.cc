// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tuple.hh"

#include "shunt/wire/decimal.hh"

namespace shunt::wire {
namespace {

struct AddressAndPort {
    Ipv4Address address;
    std::uint16_t port;
};

std::optional<AddressAndPort> parse_address_and_port(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto address = Ipv4Address::from_string(text.substr(0, colon));
    const auto port = parse_decimal(text.substr(colon + 1), 0xFFFF);
    if (!address || !port) return std::nullopt;
    return AddressAndPort{*address, static_cast<std::uint16_t>(*port)};
}

std::optional<TransportProtocol> parse_protocol(std::string_view text) {
    if (text == "tcp") return TransportProtocol::Tcp;
    if (text == "udp") return TransportProtocol::Udp;
    return std::nullopt;
}

constexpr std::uint64_t reversed(std::uint32_t value) {
    return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF'0000) | value << 24;
}

constexpr std::uint64_t reversed(std::uint16_t value) {
    return static_cast<std::uint16_t>(value >> 8 | value << 8);
}

}  // namespace

std::optional<ConnectionTuple> ConnectionTuple::from_client_packet(const Ipv4View& packet) {
    const auto transport = to_transport_protocol(packet.protocol());
    const ByteView payload = packet.payload();
    if (!transport || packet.fragment_offset() != 0 || payload.size() < 4) return std::nullopt;
    return ConnectionTuple{.client = packet.source(),
                           .client_port = load_u16(payload, 0),
                           .service = packet.destination(),
                           .service_port = load_u16(payload, 2),
                           .protocol = *transport};
}

std::optional<ConnectionTuple> ConnectionTuple::from_string(std::string_view text) {
    const std::size_t arrow = text.find('>');
    const std::size_t slash = text.rfind('/');
    if (arrow == std::string_view::npos || slash == std::string_view::npos || slash < arrow) {
        return std::nullopt;
    }
    const auto from = parse_address_and_port(text.substr(0, arrow));
    const auto to = parse_address_and_port(text.substr(arrow + 1, slash - arrow - 1));
    const auto transport = parse_protocol(text.substr(slash + 1));
    if (!from || !to || !transport) return std::nullopt;
    return ConnectionTuple{.client = from->address,
                           .client_port = from->port,
                           .service = to->address,
                           .service_port = to->port,
                           .protocol = *transport};
}

std::string ConnectionTuple::to_string() const {
    return client.to_string() + ":" + std::to_string(client_port) + ">" + service.to_string() +
           ":" + std::to_string(service_port) +
           (protocol == TransportProtocol::Tcp ? "/tcp" : "/udp");
}

std::array<std::uint8_t, ConnectionTuple::kKeySize> ConnectionTuple::to_key_bytes() const {
    std::array<std::uint8_t, kKeySize> bytes{};
    store_u32(bytes, 0, client.value());
    store_u16(bytes, 4, client_port);
    store_u32(bytes, 6, service.value());
    store_u16(bytes, 10, service_port);
    store_u8(bytes, 12, static_cast<std::uint8_t>(protocol));
    return bytes;
}

// The big-endian fields in the order of to_key_bytes(), as the words that SipHash reads.
std::uint64_t ConnectionTuple::hash(SipKey key) const {
    const std::uint64_t service_bytes = reversed(service.value());
    const std::uint64_t first =
        reversed(client.value()) | reversed(client_port) << 32 | service_bytes << 48;
    const std::uint64_t rest = service_bytes >> 16 | reversed(service_port) << 16 |
                               std::uint64_t{static_cast<std::uint8_t>(protocol)} << 32;
    return siphash_2_4(key, first, rest, kKeySize);
}

}  // namespace shunt::wire
