// SPDX-License-Identifier: Apache-2.0
#include "playback/exchange.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint16_t kFragment = 0x3FFF;  // more fragments, or an offset

/// Both ends of a connection, whoever sends.
using Ends = std::pair<SocketAddress, SocketAddress>;

Ends ends_of(const TcpSegment& segment) {
    return std::minmax(segment.source, segment.destination);
}

bool is_opening(const TcpSegment& segment) {
    return segment.has(tcp_flag::kSyn) && !segment.has(tcp_flag::kAck);
}

class ExchangeReader {
  public:
    void add(const FilePacket& packet, std::size_t number) {
        const Frame frame = decode_frame(packet.bytes, {});
        if (frame.type != ether_type::kIpv4) return;
        if (!frame.ipv4) {
            unreadable_ += unreadable_.empty() ? fmt::format("packet {} is cut", number) : "";
            return;
        }
        const Ipv4Packet& ipv4 = *frame.ipv4;
        if (ipv4.protocol != kTcp) return;
        if (!ipv4.tcp) return note_unread(ipv4, number);
        Exchange& exchange = exchange_of(*ipv4.tcp, number);
        const bool is_of_client = ipv4.tcp->source == exchange.client;
        exchange.packets.push_back({number, packet.time, is_of_client, ipv4.bytes, *ipv4.tcp});
    }

    std::vector<Exchange> take() {
        for (Exchange& exchange : exchanges_) {
            if (!exchange.obstacle.empty()) continue;
            exchange.obstacle = unreadable_;
            for (const auto& [hosts, reason] : unread_) {
                if (hosts == hosts_of(exchange.client.address, exchange.server.address))
                    exchange.obstacle = reason;
            }
        }
        return std::move(exchanges_);
    }

  private:
    using Hosts = std::pair<Ipv4Address, Ipv4Address>;

    static Hosts hosts_of(Ipv4Address one, Ipv4Address other) { return std::minmax(one, other); }

    /// Nobody knows of which connection it is.
    void note_unread(const Ipv4Packet& ipv4, std::size_t number) {
        const bool is_fragment = (load_u16(ipv4.bytes, 6) & kFragment) != 0;
        unread_.emplace(
            hosts_of(ipv4.source, ipv4.destination),
            fmt::format("packet {} {}", number,
                        is_fragment ? "is a fragment" : "has a TCP header that cannot be read"));
    }

    Exchange& exchange_of(const TcpSegment& segment, std::size_t number) {
        const Ends ends = ends_of(segment);
        const auto known = open_.find(ends);
        if (known != open_.end()) {
            Exchange& exchange = exchanges_[known->second];
            const bool is_next = is_opening(segment) &&
                                 exchange.packets.front().segment.sequence != segment.sequence;
            if (!is_next) return exchange;
        }
        open_[ends] = exchanges_.size();
        Exchange& exchange = exchanges_.emplace_back();
        exchange.client = segment.source;
        exchange.server = segment.destination;
        if (is_opening(segment)) return exchange;
        exchange.obstacle =
            fmt::format("its first packet, {}, is no SYN: it began before the capture", number);
        return exchange;
    }

    std::vector<Exchange> exchanges_;
    std::map<Ends, std::size_t> open_;  ///< the last connection of each tuple
    std::map<Hosts, std::string> unread_;
    std::string unreadable_;
};

}  // namespace

std::vector<Exchange> read_exchanges(const CaptureFile& file) {
    ExchangeReader reader;
    for (std::size_t i = 0; i < file.packets.size(); ++i)
        reader.add(file.packets[i], i + 1);
    return reader.take();
}

}  // namespace conform
