// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, FRM-3: the routed binding, and that a farm has one binding alone.
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::Fault;
using endpoint::MovedIn;

// Offsets in a whole frame of this binding.
constexpr std::size_t kUdp = kEthernetHeaderSize + 20;
constexpr std::size_t kUdpLength = kUdp + 4;
constexpr std::size_t kUdpChecksum = kUdp + 6;

/// `frame` in a datagram that `change` has its will with.
template <class Change>
Bytes in_changed_datagram(Stage& stage, const Bytes& frame, Change change) {
    UdpDatagram datagram = stage.wire().binding().datagram_of(frame);
    change(datagram);
    return Binding::in_ethernet(frame, encode_udp_packet(datagram));
}

/// RFC 768: a sender may leave the checksum out.
Task<> checksum_optional(Stage& stage) {
    MovedIn connection(stage);
    Peer& peer = connection.peer();
    const auto send_without = [&](const Bytes& frame) {
        peer.send_frame(in_changed_datagram(
            stage, frame, [](UdpDatagram& datagram) { datagram.has_checksum = false; }));
    };
    send_without(connection.connection_frame());
    co_await connection.expect_acknowledgement("FRM-3");
    if (stage.has_extensions()) {
        const IdentifiedCopy released{connection.id(), connection.copy()};
        send_without(peer.make(EncapsulationType::Go, encode(released)));
    }
    const TcpSegment request = connection.next_request();
    connection.client().count_sent(request);
    send_without(connection.forwarded_frame(request));
    co_await connection.expect_response(request);
    co_await connection.finish_response();
    co_await connection.exchange();  // and with one
}

Task<> wrong_datagram_dropped(Stage& stage) {
    const auto changed = [&stage](const char* requirement, std::string what, auto change) {
        return Fault{requirement, std::move(what), [&stage, change](Bytes& frame) {
                         frame = in_changed_datagram(stage, frame, change);
                     }};
    };
    const auto from = [&changed](const char* whose, Ipv4Address address) {
        return changed("SEC-1", fmt::format("from {}, {}", address.to_string(), whose),
                       [address](UdpDatagram& it) { it.source.address = address; });
    };
    const auto stored = [&stage](std::string what, std::size_t offset, auto value_of) {
        return Fault{"FRM-3", std::move(what), [&stage, offset, value_of](Bytes& frame) {
                         frame = stage.wire().binding().carry(frame);
                         store_u16(frame, offset, value_of(load_u16(frame, offset)));
                     }};
    };
    const ServerAddresses& device = stage.iut().device;
    const ServerAddresses& peer = stage.iut().peers.front();
    std::vector<Fault> faults = {
        // Not into 0, which says that there is none.
        stored("with a UDP checksum that is wrong by a bit", kUdpChecksum,
               [](std::uint16_t right) { return std::uint16_t(right == 1 ? 3 : right ^ 1U); }),
        stored("with a UDP length of 7", kUdpLength,
               [](std::uint16_t) { return std::uint16_t{7}; }),
        stored("with a UDP length beyond its packet", kUdpLength,
               [](std::uint16_t right) { return std::uint16_t(right + 1); }),
        changed("FRM-3", "to the device's control IP",
                [&device](UdpDatagram& it) { it.destination.address = device.control_ip; }),
        from("nobody's", {0xC0000207}),
        from("a client's", stage.iut().clients.front()),
        from("a member's control IP", peer.control_ip),
        from("a member's service IP", peer.service.front()),
        from("the device's own", device.forward_ip.front())};
    for (const std::uint16_t port : {std::uint16_t{7006}, stage.iut().service_port}) {
        faults.push_back(changed("FRM-3", fmt::format("from port {}", port),
                                 [port](UdpDatagram& it) { it.source.port = port; }));
        faults.push_back(changed("FRM-3", fmt::format("to port {}", port),
                                 [port](UdpDatagram& it) { it.destination.port = port; }));
    }
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// What is in a datagram, and what is around it, the oracle of the addressees looks at.
void check_datagram(Stage& stage, const ReceivedEncapsulation& received) {
    const bool is_datagram = received.content.ipv4 && received.content.ipv4->udp;
    stage.check_that(is_datagram, "FRM-3", "a UDP datagram", describe(received.content),
                     received.frame);
    if (!is_datagram) return;
    const UdpDatagram& datagram = *received.content.ipv4->udp;
    stage.check_that(datagram.has_checksum, "FRM-3", "a UDP checksum", "none", received.frame);
    stage.check("FRM-3", "source port", kRoutedPort, datagram.source.port, received.frame);
    stage.check("FRM-3", "destination port", kRoutedPort, datagram.destination.port,
                received.frame);
    stage.check("FRM-3", "bytes behind the UDP header",
                kEncapsulationHeaderSize + received.header().payload.size(),
                datagram.payload.size(), received.frame);
}

/// 0x01 and 0x02.
Task<> home_sends_datagrams(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const endpoint::Departed departed = co_await endpoint::move_away(stage, client, peer);
    check_datagram(stage, departed.offer.frame);
    const TcpSegment segment = client.make(tcp_flag::kAck);
    client.send(segment);
    check_datagram(stage, co_await endpoint::expect_forwarded(stage, client, peer, "EP-20",
                                                              encode_tcp_packet(segment)));
}

/// 0x03.
Task<> target_sends_datagrams(Stage& stage) {
    MovedIn connection(stage);
    const auto pattern = endpoint::about(EncapsulationType::Acknowledgement, connection.client());
    connection.peer().send_frame(connection.connection_frame());
    check_datagram(stage,
                   co_await connection.peer().expect("EP-7", pattern, stage.iut().timers.answer));
}

/// The same bytes in what this farm does not use.
Task<> other_binding_ignored(Stage& stage) {
    const auto send_otherwise = [&stage](const Bytes& frame) {
        const bool is_routed = stage.iut().framing.is_routed;
        const Bytes packet = encode_udp_packet(stage.wire().binding().datagram_of(frame));
        stage.wire().send_as_is(Link::Back,
                                is_routed ? frame : Binding::in_ethernet(frame, packet));
    };
    MovedIn connection(stage);
    const std::string after = "after a frame in the other binding";
    send_otherwise(connection.connection_frame());
    co_await connection.expect_nothing("FRM-3", after, stage.iut().timers.silence / 4);
    co_await connection.move();
    const TcpSegment request = connection.next_request();
    send_otherwise(connection.forwarded_frame(request));
    co_await connection.expect_nothing("FRM-3", after, stage.iut().timers.silence / 4);
    connection.forward(request);
    co_await connection.expect_response(request);
    co_await connection.finish_response();
}

}  // namespace

std::vector<CaseInfo> endpoint_routed_cases() {
    constexpr std::string_view kRouted = "routed-binding";
    return {{"endpoint/routed/home-sends-datagrams",
             "In the routed binding a home's 0x01 and 0x02 go from forward IP to forward IP, port "
             "7007 both ways, with a UDP checksum.",
             {"FRM-3"},
             "endpoint",
             "home",
             home_sends_datagrams,
             kRouted},
            {"endpoint/routed/target-sends-datagrams",
             "So does a target's 0x03.",
             {"FRM-3"},
             "endpoint",
             "target",
             target_sends_datagrams,
             kRouted},
            {"endpoint/routed/checksum-optional",
             "A datagram without UDP checksum is taken like one that has it.",
             {"FRM-3"},
             "endpoint",
             "target",
             checksum_optional,
             kRouted},
            {"endpoint/routed/wrong-datagram-dropped",
             "A datagram with a wrong checksum, length or port, or from no member's forward IP, is "
             "dropped.",
             {"FRM-3", "SEC-1", "FRM-7"},
             "endpoint",
             "target",
             wrong_datagram_dropped,
             kRouted},
            {"endpoint/routed/other-binding-ignored",
             "What comes in the binding that the farm does not use is nothing of the farm's.",
             {"FRM-3", "SYS-5"},
             "endpoint",
             "target",
             other_binding_ignored}};
}

}  // namespace conform
