// SPDX-License-Identifier: Apache-2.0
/// Oracle: what the device sends goes from its own addresses to whom it is for, and to nobody who
/// has not asked.
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "oracle/oracle.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;

/// Client first, service second.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;
/// Who asks, whom, identifier, sequence.
using EchoKey = std::tuple<Ipv4Address, Ipv4Address, std::uint16_t, std::uint16_t>;

/// The hosts of a plan that the judge plays, as the device's neighbours.
class Neighbours {
  public:
    explicit Neighbours(const Iut& iut) {
        for (const Ipv4Address client : iut.clients) {
            front_[client] = iut.client_mac;
            clients_.insert(client);
        }
        add_services(iut.device);
        for (const ServerAddresses& peer : iut.peers) {
            add_services(peer);
            front_[peer.front_ip] = peer.front_mac;
            for (const Ipv4Address service : peer.service)
                front_[service] = peer.front_mac;
            for (const Ipv4Address forward : peer.forward_ip)
                members_[forward] = peer.back_mac;
        }
    }

    bool is_client(Ipv4Address address) const { return clients_.contains(address); }
    bool is_service(Ipv4Address address) const { return services_.contains(address); }
    /// Null for one that the plan does not have.
    const MacAddress* on_front(Ipv4Address address) const { return find(front_, address); }
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
    std::map<Ipv4Address, MacAddress> members_;
};

class Addressees {
  public:
    explicit Addressees(const Iut& iut) : iut_(iut), neighbours_(iut) {}

    void to_device(const Frame& frame) {
        for (const auto* packet : {&frame.ipv4, &frame.inner}) {
            if (*packet) asked_by(**packet);
        }
        if (!frame.encapsulation || !frame.encapsulation->is(EncapsulationType::Connection)) return;
        const auto information = parse_connection_information(frame.encapsulation->payload);
        if (information) opened_.insert({frame.encapsulation->source, information->service});
    }

    void from_device(const CapturedFrame& captured, std::size_t number) {
        number_ = number;
        const Frame& frame = captured.frame;
        if (frame.ipv4 || frame.arp || frame.encapsulation) check_source(captured);
        if (frame.encapsulation) check_encapsulated(captured);
        if (!frame.ipv4) return;
        if (captured.link == Link::Front) {
            if (const MacAddress* mac = neighbours_.on_front(frame.ipv4->destination)) {
                check_destination("SYS-4", *mac, frame);
            }
            check_asked(*frame.ipv4);
        } else {
            check(!neighbours_.is_client(frame.ipv4->destination), "SYS-4",
                  "packets for clients on the front link", "one on the back link");
        }
    }

    std::vector<Finding> take() { return std::move(findings_); }

  private:
    void check(bool is_so, const char* requirement, std::string expected, std::string actual) {
        if (is_so) return;
        findings_.push_back({requirement, std::move(expected), std::move(actual), number_});
    }

    /// What a datagram in fragments asks for shows when it is whole.
    void asked_by(const Ipv4Packet& packet) {
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
    /// others than clients is its own business, but for the farm's services.
    void check_asked(const Ipv4Packet& packet) {
        const bool is_for_client = neighbours_.is_client(packet.destination);
        if (packet.tcp && (is_for_client || neighbours_.is_service(packet.source))) {
            check(opened_.contains({packet.tcp->destination, packet.tcp->source}), "TCP-1",
                  "nothing for a connection that nobody has opened", describe(*packet.tcp));
        } else if (is_for_client && packet.protocol != kTcp) {
            check(
                is_answer(packet), "IP-3", "no packet that answers nothing",
                fmt::format("protocol {} for {}", packet.protocol, packet.destination.to_string()));
        }
    }

    bool is_answer(const Ipv4Packet& packet) const {
        if (packet.protocol != kIcmp) {
            return askers_.contains({packet.destination, packet.protocol});
        }
        if (!packet.icmp || packet.icmp->type != icmp_type::kEchoReply) return is_error(packet);
        return echoes_.contains(
            {packet.destination, packet.source, packet.icmp->identifier, packet.icmp->sequence});
    }

    /// ICMP errors are about a packet of whoever gets them (RFC 1122 3.2.2).
    bool is_error(const Ipv4Packet& packet) const {
        const std::uint8_t type = packet.icmp ? packet.icmp->type : icmp_type::kEchoRequest;
        const auto asker = askers_.lower_bound({packet.destination, 0});
        return (type == 3 || type == 11 || type == 12) && asker != askers_.end() &&
               asker->first == packet.destination;
    }

    const Iut& iut_;
    Neighbours neighbours_;
    Reassembly fragments_;
    std::set<ConnectionKey> opened_;
    std::set<EchoKey> echoes_;
    std::set<std::pair<Ipv4Address, std::uint8_t>> askers_;
    std::size_t number_ = 0;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_addressees(const Capture& capture, const Iut& iut) {
    Addressees addressees(iut);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.direction == Direction::ToDevice) {
            addressees.to_device(captured.frame);
        } else {
            addressees.from_device(captured, number);
        }
    }
    return addressees.take();
}

}  // namespace conform
