// SPDX-License-Identifier: Apache-2.0
#include "pdu/flow_packet.hh"

namespace conform {
namespace {

constexpr std::size_t kHeaderChecksum = 10;
constexpr std::size_t kSourceAddress = 12;
constexpr std::size_t kDestinationAddress = 16;
constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kTcpHeaderSize = 20;
constexpr std::size_t kIpv4HeaderSize = 20;

/// Changes 16 bit words of a packet together with the checksums over them.
class Rewriter {
  public:
    Rewriter(Bytes& packet, std::size_t header_size) : packet_(packet), transport_(header_size) {}

    /// Both checksums cover the addresses: the TCP header's by its pseudo header.
    void set_address(std::size_t at, Ipv4Address address) {
        for (const std::size_t word : {std::size_t{0}, std::size_t{2}}) {
            const auto value = static_cast<std::uint16_t>(address.value >> (word == 0 ? 16U : 0U));
            const std::uint16_t old = load_u16(packet_, at + word);
            adjust(kHeaderChecksum, old, value);
            adjust(transport_ + kTcpChecksum, old, value);
            store_u16(packet_, at + word, value);
        }
    }
    void set_port(std::size_t at, std::uint16_t value) {
        adjust(transport_ + kTcpChecksum, load_u16(packet_, transport_ + at), value);
        store_u16(packet_, transport_ + at, value);
    }

  private:
    /// RFC 1624, equation 3.
    void adjust(std::size_t at, std::uint16_t old, std::uint16_t value) {
        std::uint32_t sum = static_cast<std::uint16_t>(~load_u16(packet_, at));
        sum += static_cast<std::uint16_t>(~old);
        sum += value;
        while (sum >> 16U != 0)
            sum = (sum & 0xFFFFU) + (sum >> 16U);
        store_u16(packet_, at, static_cast<std::uint16_t>(~sum));
    }

    Bytes& packet_;
    std::size_t transport_;
};

}  // namespace

Bytes readdress(ByteView packet, SocketAddress source, SocketAddress destination) {
    Bytes out(packet.begin(), packet.end());
    if (out.size() < kIpv4HeaderSize) return out;
    const std::size_t header_size = (out[0] & 0x0FU) * 4U;
    if (out.size() < header_size + kTcpHeaderSize) return out;
    Rewriter rewriter(out, header_size);
    rewriter.set_address(kSourceAddress, source.address);
    rewriter.set_address(kDestinationAddress, destination.address);
    rewriter.set_port(0, source.port);
    rewriter.set_port(2, destination.port);
    return out;
}

Bytes rewrite_to_flow(ByteView packet, Ipv4Address from, Ipv4Address to, std::uint32_t flow) {
    return readdress(packet, {from, source_port_of(flow)}, {to, destination_port_of(flow)});
}

}  // namespace conform
