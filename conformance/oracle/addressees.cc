// SPDX-License-Identifier: Apache-2.0
/// Oracle: what the device sends goes from its own addresses to whom it is for, and to nobody who
/// has not asked. What it tells a group of hosts besides is no concern of a connection.
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "oracle/oracle.hh"
#include "pdu/flow_packet.hh"
#include "pdu/flow_watch.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;

/// A group's, everybody's included (IEEE 802-2014 8.2.2).
bool is_multicast(const MacAddress& mac) {
    return (mac.octets[0] & 1U) != 0;
}

/// Client first, service second.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;
/// Who asks, whom, identifier, sequence.
using EchoKey = std::tuple<Ipv4Address, Ipv4Address, std::uint16_t, std::uint16_t>;
/// Who sent a packet, to whom, protocol, and the first four bytes behind the header: the ports.
using PacketKey = std::tuple<Ipv4Address, Ipv4Address, std::uint8_t, std::uint32_t>;

/// Of the packet that these bytes are the beginning of, as ICMP errors quote it; nothing where they
/// are no IPv4 header.
std::optional<PacketKey> packet_key(ByteView bytes) {
    constexpr std::size_t kHeaderSizeMin = 20;
    constexpr std::size_t kPortsSize = 4;
    if (bytes.size() < kHeaderSizeMin || bytes[0] >> 4U != 4) return std::nullopt;
    const std::size_t header_size = (bytes[0] & 0x0FU) * 4U;
    if (header_size < kHeaderSizeMin || header_size > bytes.size()) return std::nullopt;
    const bool has_ports = bytes.size() - header_size >= kPortsSize;
    return PacketKey{{load_u32(bytes, 12)},
                     {load_u32(bytes, 16)},
                     bytes[9],
                     has_ports ? load_u32(bytes, header_size) : 0};
}

/// The hosts of a plan that the judge plays, as the device's neighbours.
class Neighbours {
  public:
    explicit Neighbours(const Iut& iut) {
        macs_[Link::Front].insert(iut.client_mac);
        for (const Ipv4Address client : iut.clients) {
            front_[client] = iut.client_mac;
            clients_.insert(client);
        }
        add_services(iut.device);
        for (const ServerAddresses& peer : iut.peers) {
            add_services(peer);
            front_[peer.front_ip] = peer.front_mac;
            back_[peer.control_ip] = peer.back_mac;
            macs_[Link::Front].insert(peer.front_mac);
            macs_[Link::Back].insert(peer.back_mac);
            for (const Ipv4Address service : peer.service)
                front_[service] = peer.front_mac;
            for (const Ipv4Address forward : peer.forward_ip)
                members_[forward] = back_[forward] = peer.back_mac;
        }
    }

    bool is_client(Ipv4Address address) const { return clients_.contains(address); }
    bool is_service(Ipv4Address address) const { return services_.contains(address); }
    /// Null for one that the plan does not have.
    const MacAddress* on_front(Ipv4Address address) const { return find(front_, address); }
    const MacAddress* on_back(Ipv4Address address) const { return find(back_, address); }
    bool has_mac(Link link, const MacAddress& mac) const { return macs_.at(link).contains(mac); }
    /// Of whoever has sent the device a frame, be it none of the plan's.
    void learn(Link link, const MacAddress& mac) { macs_[link].insert(mac); }
    const MacAddress* member_of(Ipv4Address forward_ip) const { return find(members_, forward_ip); }

  private:
    void add_services(const ServerAddresses& server) {
        services_.insert(server.service.begin(), server.service.end());
    }
    static const MacAddress* find(const std::map<Ipv4Address, MacAddress>& hosts,
                                  Ipv4Address address) {
        const auto found = hosts.find(address);
        return found == hosts.end() ? nullptr : &found->second;
    }

    std::set<Ipv4Address> clients_;
    std::set<Ipv4Address> services_;
    std::map<Ipv4Address, MacAddress> front_;
    std::map<Ipv4Address, MacAddress> back_;
    std::map<Ipv4Address, MacAddress> members_;
    std::map<Link, std::set<MacAddress>> macs_{{Link::Front, {}}, {Link::Back, {}}};
};

class Addressees {
  public:
    Addressees(const Iut& iut, const Capture& capture)
        : iut_(iut), neighbours_(iut), flows_(capture) {}

    void to_device(const CapturedFrame& captured) {
        const Frame& frame = captured.frame;
        neighbours_.learn(captured.link, frame.source);
        for (const auto* packet : {&frame.ipv4, &frame.inner}) {
            if (*packet) asked_by(**packet);
        }
        moved_by_blob(flows_.look_at(frame));
        if (!frame.encapsulation || !frame.encapsulation->is(EncapsulationType::Connection)) return;
        const auto information = parse_connection_information(frame.encapsulation->payload);
        if (information) opened_.insert({frame.encapsulation->source, information->service});
    }

    void from_device(const CapturedFrame& captured, std::size_t number) {
        number_ = number;
        if (captured.bytes.size() < kEthernetHeaderSize) return;  // the formats' matter
        const Frame& frame = captured.frame;
        const FlowSight sight = flows_.look_at(frame);
        check_rewritten(captured, sight);
        const std::size_t found = findings_.size();
        const bool is_known = is_known_type(frame.type);
        if (is_known || !is_multicast(frame.destination)) check_source(captured);
        if (frame.encapsulation) check_encapsulated(captured);
        if (frame.ipv4 && captured.link == Link::Front) check_on_front(frame);
        if (frame.ipv4 && captured.link == Link::Back) check_on_back(frame);
        if (is_multicast(frame.destination) || findings_.size() != found) return;
        check(is_known, "FRM-2", "frames of IPv4, ARP, or the farm's Type",
              fmt::format("type 0x{:04x} for {}", frame.type, frame.destination.to_string()));
        check(neighbours_.has_mac(captured.link, frame.destination), "SYS-4",
              "a frame for a host of the plan", "one for " + frame.destination.to_string());
    }

    std::vector<Finding> take() { return std::move(findings_); }

  private:
    void check(bool is_so, const char* requirement, std::string expected, std::string actual) {
        if (is_so) return;
        findings_.push_back({requirement, std::move(expected), std::move(actual), number_});
    }

    bool is_known_type(std::uint16_t type) const {
        return type == ether_type::kIpv4 || type == ether_type::kArp ||
               (type == iut_.framing.ethertype && !iut_.framing.is_routed);
    }

    void check_on_front(const Frame& frame) {
        const MacAddress* mac = neighbours_.on_front(frame.ipv4->destination);
        if (mac != nullptr) check_destination("SYS-4", *mac, frame);
        const bool is_chatter =
            mac == nullptr && is_multicast(frame.destination) && frame.ipv4->protocol != kTcp;
        if (!is_chatter) check_asked(*frame.ipv4, mac == nullptr);
    }

    void check_on_back(const Frame& frame) {
        const Ipv4Address to = frame.ipv4->destination;
        check(!neighbours_.is_client(to), "SYS-4", "packets for clients on the front link",
              "one on the back link");
        if (frame.encapsulation || neighbours_.is_client(to)) return;
        if (const MacAddress* mac = neighbours_.on_back(to)) {
            check_destination("SEC-1", *mac, frame);
        } else if (!is_multicast(frame.destination)) {
            check(has_sent(to), "SEC-1", "packets for members alone on the back link",
                  "one for " + to.to_string());
        }
    }

    /// What a datagram in fragments asks for shows when it is whole.
    void asked_by(const Ipv4Packet& packet) {
        if (const auto key = packet_key(packet.bytes)) sent_.insert(*key);
        if (fragment_place(packet).is_whole()) return asked(packet);
        const std::optional<Bytes> payload = fragments_.add(packet);
        if (!payload) return;
        std::vector<Finding> of_the_client;
        const auto whole = decode_ipv4(assemble_packet(packet.bytes, *payload), of_the_client);
        if (whole) asked(*whole);
    }

    void asked(const Ipv4Packet& packet) {
        askers_.insert({packet.source, packet.protocol});
        if (packet.tcp) opened_.insert({packet.tcp->source, packet.tcp->destination});
        if (packet.icmp) {
            echoes_.insert({packet.source, packet.destination, packet.icmp->identifier,
                            packet.icmp->sequence});
        }
    }

    void check_source(const CapturedFrame& captured) {
        const bool is_front = captured.link == Link::Front;
        const MacAddress& own = is_front ? iut_.device.front_mac : iut_.device.back_mac;
        check(captured.frame.source == own, is_front ? "SYS-4" : "SEC-1",
              fmt::format("source MAC {}", own.to_string()), captured.frame.source.to_string());
    }

    void check_destination(const char* requirement, const MacAddress& mac, const Frame& frame) {
        check(frame.destination == mac, requirement,
              fmt::format("destination MAC {}", mac.to_string()), frame.destination.to_string());
    }

    void check_encapsulated(const CapturedFrame& captured) {
        check(captured.link == Link::Back, "SEC-12", "encapsulated frames on the back link alone",
              "one on the front link");
        const Ipv4Address to = captured.frame.encapsulation->destination.address;
        const MacAddress* member = neighbours_.member_of(to);
        check(member != nullptr, "SYS-2", "Dest. IP to be a forward IP of a member",
              to.to_string());
        if (member != nullptr) check_destination("SYS-2", *member, captured.frame);
        if (captured.frame.ipv4) check_datagram(*captured.frame.ipv4->udp, to);
    }

    void moved_by_blob(const FlowSight& sight) {
        if (sight.restored) asked_by(*sight.restored);
        for (const FlowMessage& message : sight.messages) {
            const bool is_offer = message.kind == control_kind::kBlob && message.connection;
            if (is_offer) opened_.insert(*message.connection);
        }
    }

    /// SYS-5: TCP between two forward IPs is a client's packet with the flow identifier of a blob.
    void check_rewritten(const CapturedFrame& captured, const FlowSight& sight) {
        const Frame& frame = captured.frame;
        const bool is_rewritten =
            frame.ipv4 && frame.ipv4->tcp && iut_.device.has_forward_ip(frame.ipv4->source);
        if (!is_rewritten) return;
        check(captured.link == Link::Back, "SEC-12", "rewritten packets on the back link alone",
              "one on the front link");
        check(sight.restored.has_value(), "BL-11", "the flow identifier of a blob that was sent",
              describe_flow(flow_of(*frame.ipv4->tcp)));
    }

    /// Of the routed binding (FRM-3).
    void check_datagram(const UdpDatagram& datagram, Ipv4Address to) {
        check(iut_.device.has_forward_ip(datagram.source.address), "FRM-3",
              "a datagram from a forward IP", datagram.source.to_string());
        check(datagram.destination.address == to, "FRM-3", "a datagram to the Dest. IP in it",
              datagram.destination.to_string());
        check(datagram.source.port == kRoutedPort && datagram.destination.port == kRoutedPort,
              "FRM-3", "port 7007 both ways",
              fmt::format("from {} to {}", datagram.source.port, datagram.destination.port));
        check(datagram.has_checksum, "FRM-3", "a UDP checksum", "none");
    }

    /// What nobody has asked for is not for the one who gets it. What the device has to do with
    /// other servers is its own business, but for the farm's services.
    void check_asked(const Ipv4Packet& packet, bool is_for_stranger) {
        const bool is_for_client = is_for_stranger || neighbours_.is_client(packet.destination);
        if (packet.tcp && (is_for_client || neighbours_.is_service(packet.source))) {
            check(opened_.contains({packet.tcp->destination, packet.tcp->source}), "TCP-1",
                  "nothing for a connection that nobody has opened", describe(*packet.tcp));
        } else if (is_for_stranger || (is_for_client && packet.protocol != kTcp)) {
            check(
                is_answer(packet), "IP-3", "no packet that answers nothing",
                fmt::format("protocol {} for {}", packet.protocol, packet.destination.to_string()));
        }
    }

    bool is_answer(const Ipv4Packet& packet) const {
        if (packet.protocol != kIcmp || !fragment_place(packet).is_whole()) {
            return askers_.contains({packet.destination, packet.protocol});
        }
        if (!packet.icmp || packet.icmp->type != icmp_type::kEchoReply) return is_error(packet);
        return echoes_.contains(
            {packet.destination, packet.source, packet.icmp->identifier, packet.icmp->sequence});
    }

    /// ICMP errors are about a packet of whoever gets them, which they quote (RFC 1122 3.2.2).
    bool is_error(const Ipv4Packet& packet) const {
        constexpr std::size_t kErrorHeaderSize = 8;
        const std::uint8_t type = packet.icmp ? packet.icmp->type : icmp_type::kEchoRequest;
        if (type != 3 && type != 11 && type != 12) return false;
        const auto quoted = packet_key(ip_payload_of(packet.bytes).subspan(kErrorHeaderSize));
        return quoted && std::get<0>(*quoted) == packet.destination && sent_.contains(*quoted);
    }

    bool has_sent(Ipv4Address host) const {
        const auto asker = askers_.lower_bound({host, 0});
        return asker != askers_.end() && asker->first == host;
    }

    const Iut& iut_;
    Neighbours neighbours_;
    Reassembly fragments_;
    FlowWatch flows_;
    std::set<ConnectionKey> opened_;
    std::set<EchoKey> echoes_;
    std::set<PacketKey> sent_;
    std::set<std::pair<Ipv4Address, std::uint8_t>> askers_;
    std::size_t number_ = 0;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_addressees(const Capture& capture, const Iut& iut) {
    Addressees addressees(iut, capture);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.is_void) continue;
        if (captured.direction == Direction::ToDevice) {
            addressees.to_device(captured);
        } else {
            addressees.from_device(captured, number);
        }
    }
    return addressees.take();
}

}  // namespace conform
