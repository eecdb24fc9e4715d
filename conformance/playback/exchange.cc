// SPDX-License-Identifier: Apache-2.0
#include "playback/exchange.hh"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "pdu/frame.hh"
#include "pdu/sequence.hh"
#include "playback/link_header.hh"

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

/// Packets of one connection as a capture has seen them, some of which it may have seen twice: on
/// two interfaces of one machine, or at a port that mirrors both directions of another.
class Sightings {
  public:
    /// False if `bytes` have been seen on another interface, as often as on this one by now.
    bool add(const ExchangePacket& packet, std::size_t interface) {
        while (!recent_.empty() && packet.time - recent_.front().time >= kMoment)
            recent_.pop_front();
        if (recent_.size() >= kRecentMost) recent_.pop_front();
        std::map<std::size_t, std::size_t> counts;
        for (const Recent& each : recent_) {
            if (each.bytes == packet.bytes) ++counts[each.interface];
        }
        const std::size_t before = counts[interface];
        recent_.push_back({packet.time, interface, packet.bytes});
        const bool is_there = std::any_of(counts.begin(), counts.end(), [&](const auto& each) {
            return each.first != interface && each.second > before;
        });
        if (!is_there) is_second_.push_back(before % 2 == 1);
        return !is_there;
    }

    /// Of one interface nearly every packet is there twice if it sees all twice; else those that
    /// are the same were sent so, as acknowledgments are that say that something is missing.
    void leave_out_second_ones(std::vector<ExchangePacket>& packets) const {
        const auto seconds =
            static_cast<std::size_t>(std::count(is_second_.begin(), is_second_.end(), true));
        if (seconds * 10 < (packets.size() - seconds) * 8) return;
        std::size_t at = 0;
        std::erase_if(packets, [&](const ExchangePacket&) { return is_second_[at++]; });
    }

  private:
    struct Recent {
        Duration time;
        std::size_t interface;
        Bytes bytes;
    };
    static constexpr std::chrono::milliseconds kMoment{1};
    static constexpr std::size_t kRecentMost = 64;

    std::deque<Recent> recent_;
    std::vector<bool> is_second_;  ///< each packet that was added: once more within the moment
};

/// Behind the last number of one side that the capture has, from its SYN on.
std::uint32_t end_of(const Exchange& exchange, bool of_client, std::uint32_t start) {
    std::uint32_t end = 0;
    for (const ExchangePacket& each : exchange.packets) {
        const bool counts =
            each.is_of_client == of_client && !sequence_before(each.segment.sequence, start);
        if (counts) end = std::max(end, each.segment.sequence - start + each.segment.length());
    }
    return end;
}

/// What one side acknowledges and the capture has not: it has lost packets, or one direction.
std::string what_is_missing(const Exchange& exchange) {
    const TcpSegment& syn = exchange.packets.front().segment;
    if (!syn.payload.empty()) return "its SYN has text, which only one server takes (RFC 7413)";
    for (const ExchangePacket& each : exchange.packets) {
        if (!each.is_of_client && is_opening(each.segment))
            return fmt::format("packet {}: both ends open it at once, which cannot be played",
                               each.packet);
    }
    const auto syn_ack = std::find_if(
        exchange.packets.begin(), exchange.packets.end(), [](const ExchangePacket& each) {
            return !each.is_of_client && each.segment.has(tcp_flag::kSyn);
        });
    const bool has_server = syn_ack != exchange.packets.end();
    const std::uint32_t server_start = has_server ? syn_ack->segment.sequence : 0;
    const std::uint32_t server_end = end_of(exchange, false, server_start);
    const std::uint32_t client_end = end_of(exchange, true, syn.sequence);
    for (const ExchangePacket& each : exchange.packets) {
        const TcpSegment& segment = each.segment;
        if (!segment.has(tcp_flag::kAck) || segment.has(tcp_flag::kRst)) continue;
        const std::uint32_t start = each.is_of_client ? server_start : syn.sequence;
        const std::uint32_t end = each.is_of_client ? server_end : client_end;
        const bool is_known =
            (has_server || !each.is_of_client) && (sequence_before(segment.acknowledgment, start) ||
                                                   segment.acknowledgment - start <= end);
        if (!is_known)
            return fmt::format("packet {} acknowledges what is not in the capture", each.packet);
    }
    return {};
}

class ExchangeReader {
  public:
    void add(const FilePacket& packet, std::size_t number) {
        const Bytes bytes = without_vlan_tag(packet.bytes);
        const Frame frame = decode_frame(bytes, {});
        if (has_vlan_tag(bytes) && unreadable_.empty())
            unreadable_ = fmt::format("packet {} has more than one VLAN tag", number);
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
        ExchangePacket seen{number, packet.time, is_of_client, ipv4.bytes, *ipv4.tcp};
        Sightings& sightings = sightings_[static_cast<std::size_t>(&exchange - exchanges_.data())];
        if (sightings.add(seen, packet.interface)) exchange.packets.push_back(std::move(seen));
    }

    std::vector<Exchange> take() {
        for (std::size_t i = 0; i < exchanges_.size(); ++i)
            sightings_[i].leave_out_second_ones(exchanges_[i].packets);
        for (Exchange& exchange : exchanges_) {
            if (!exchange.obstacle.empty()) continue;
            const auto unread =
                unread_.find(hosts_of(exchange.client.address, exchange.server.address));
            exchange.obstacle = unread != unread_.end() ? unread->second : unreadable_;
            if (exchange.obstacle.empty()) exchange.obstacle = what_is_missing(exchange);
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
        const bool is_ending = segment.has(tcp_flag::kFin) || segment.has(tcp_flag::kRst);
        const auto known = open_.find(ends);
        if (known != open_.end()) {
            Exchange& exchange = exchanges_[known->second];
            // One within a connection is an old one, or both sides open at once.
            const bool is_next = is_opening(segment) && ended_.contains(known->second) &&
                                 exchange.packets.front().segment.sequence != segment.sequence;
            if (is_ending) ended_.insert(known->second);
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
    std::map<std::size_t, Sightings> sightings_;  ///< of each of them
    std::set<std::size_t> ended_;                 ///< FIN or RST has been seen in them
    std::map<Ends, std::size_t> open_;            ///< the last connection of each tuple
    std::map<Hosts, std::string> unread_;
    std::string unreadable_;
};

}  // namespace

std::vector<Exchange> read_exchanges(const CaptureFile& file) {
    // Of several interfaces they need not stand in their order.
    std::vector<std::size_t> order(file.packets.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&file](std::size_t one, std::size_t other) {
        return file.packets[one].time < file.packets[other].time;
    });
    ExchangeReader reader;
    for (const std::size_t i : order)
        reader.add(file.packets[i], i + 1);
    return reader.take();
}

}  // namespace conform
