// SPDX-License-Identifier: Apache-2.0
/// TCP page, IP-1 to IP-3: what carries the segments.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

constexpr std::size_t kEchoSize = 64;
constexpr std::size_t kPiece = 24;

/// An echo request of this client with this number; its payload is `kEchoSize` bytes.
Bytes echo_packet(const Client& client, std::uint16_t sequence) {
    IcmpMessage echo{client.self().address, client.service().address, icmp_type::kEchoRequest};
    echo.identifier = client.self().port;
    echo.sequence = sequence;
    echo.payload = Bytes(kEchoSize, static_cast<std::uint8_t>(sequence));
    return encode_icmp_packet(echo);
}

/// Whether the device answers the echo request with this number within `patience`.
Task<bool> is_answered(Stage& stage, std::uint16_t sequence, Duration patience) {
    co_await stage.sleep(patience);
    const Capture& capture = stage.wire().capture();
    co_return std::any_of(capture.begin(), capture.end(), [&](const CapturedFrame& captured) {
        if (captured.direction != Direction::FromDevice || !captured.frame.ipv4) return false;
        const auto& message = captured.frame.ipv4->icmp;
        return message && message->type == icmp_type::kEchoReply && message->sequence == sequence &&
               message->payload == Bytes(kEchoSize, static_cast<std::uint8_t>(sequence));
    });
}

/// Numbers of the echo requests of these cases, apart from those of expect_alive().
constexpr std::uint16_t kFirstNumber = 1'000;

/// Of the packet with that number: apart from those of the cases beside this one.
std::uint16_t identification(const Client& client, std::uint16_t number) {
    return static_cast<std::uint16_t>(client.self().port + number - kFirstNumber);
}

/// One packet that must be dropped, between two that must be answered.
Task<> expect_dropped(Stage& stage, const char* requirement, const char* what, Bytes wrong,
                      std::uint16_t number) {
    const Duration patience = stage.iut().timers.silence / 4;
    const std::size_t frame = tcp::send_packet(stage, wrong);
    const bool is_wrong = co_await is_answered(stage, number, patience);
    stage.check_that(!is_wrong, requirement, fmt::format("no answer to {}", what), "one", frame);
    co_await stage.expect_alive("behind a packet that is to be dropped");
}

Task<> echo_answered(Stage& stage) {
    co_await stage.expect_alive("before the case");
    const Client& client = stage.open_client();
    const std::size_t frame = tcp::send_packet(stage, echo_packet(client, kFirstNumber));
    const bool is_there = co_await is_answered(stage, kFirstNumber, stage.iut().timers.answer / 2);
    stage.check_that(is_there, "IP-3", "an echo reply with the same bytes", "none", frame);
    co_await stage.expect_alive("after the case");
}

/// RFC 1122 3.2.1: version, checksum, lengths.
Task<> bad_headers_dropped(Stage& stage) {
    constexpr std::size_t kChecksum = 10;
    constexpr std::size_t kTotalLength = 2;
    co_await stage.expect_alive("before the case");
    const Client& client = stage.open_client();
    std::uint16_t number = kFirstNumber;
    Bytes checksum = echo_packet(client, number);
    checksum[kChecksum] ^= 0x55U;
    co_await expect_dropped(stage, "IP-1", "a packet with a wrong IP checksum", checksum, number);
    Bytes version = echo_packet(client, ++number);
    version[0] = 0x55;
    repair_ipv4_checksum(version, 0);
    co_await expect_dropped(stage, "IP-1", "a packet of version 5", version, number);
    Bytes header = echo_packet(client, ++number);
    header[0] = 0x44;
    repair_ipv4_checksum(header, 0);
    co_await expect_dropped(stage, "IP-1", "a packet with a header of 16 bytes", header, number);
    Bytes length = echo_packet(client, ++number);
    store_u16(length, kTotalLength, static_cast<std::uint16_t>(length.size() + 100));
    repair_ipv4_checksum(length, 0);
    co_await expect_dropped(stage, "IP-1", "a packet longer than its frame", length, number);
}

/// RFC 1122 3.2.1.3: sources that no host has.
Task<> martians_refused(Stage& stage) {
    constexpr std::size_t kSource = 12;
    co_await stage.expect_alive("before the case");
    const Client& client = stage.open_client();
    std::uint16_t number = kFirstNumber;
    const std::uint32_t own = stage.iut().device.service.front().value;
    for (const std::uint32_t source : {0x7F000001U, 0xE0000001U, 0xFFFFFFFFU, own}) {
        Bytes packet = echo_packet(client, ++number);
        store_u32(packet, kSource, source);
        repair_ipv4_checksum(packet, 0);
        const std::string what = fmt::format("a packet from {}", Ipv4Address{source}.to_string());
        co_await expect_dropped(stage, "IP-1", what.c_str(), packet, number);
    }
}

/// RFC 1122 3.2.1.8: options do no harm.
Task<> options_harmless(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("IP-1");
    TcpSegment request = client.make(tcp_flag::kPsh | tcp_flag::kAck, tcp::local_request(stage));
    request.ip_options = Bytes{1, 1, 1, 0};  // no operation, end of the list
    client.send(request);
    co_await tcp::expect_response(stage, client, "IP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 791 3.2: in whatever order the pieces come.
Task<> fragments_assembled(Stage& stage) {
    co_await stage.expect_alive("before the case");
    const Client& client = stage.open_client();
    std::uint16_t number = kFirstNumber;
    for (const bool is_reversed : {false, true}) {
        Bytes packet = echo_packet(client, ++number);
        store_u16(packet, 4, identification(client, number));
        repair_ipv4_checksum(packet, 0);
        std::vector<Bytes> pieces = split_packet(packet, kPiece);
        if (is_reversed) std::reverse(pieces.begin(), pieces.end());
        const Bytes last = pieces.back();
        pieces.pop_back();
        for (const Bytes& piece : pieces)
            tcp::send_packet(stage, piece);
        const bool is_early = co_await is_answered(stage, number, stage.iut().timers.silence / 8);
        const std::size_t frame = tcp::send_packet(stage, last);
        const bool is_there = co_await is_answered(stage, number, stage.iut().timers.answer / 2);
        stage.check_that(!is_early, "IP-1", "no answer before the last fragment", "one", frame);
        stage.check_that(is_there, "IP-1", "an answer to a datagram in fragments", "none", frame);
    }
    co_await stage.expect_alive("after the case");
}

/// RFC 5722, RFC 1858 as the page takes them: fragments that overlap make no datagram.
Task<> overlap_dropped(Stage& stage) {
    constexpr std::uint16_t kWrong = kFirstNumber + 1;
    constexpr std::uint16_t kRight = kFirstNumber + 2;
    co_await stage.expect_alive("before the case");
    const Client& client = stage.open_client();
    const auto in_pieces = [&client](std::uint16_t number) {
        Bytes packet = echo_packet(client, number);
        store_u16(packet, 4, identification(client, number));
        repair_ipv4_checksum(packet, 0);
        return packet;
    };
    const Bytes packet = in_pieces(kWrong);
    const std::size_t size = ip_payload_of(packet).size();
    tcp::send_packet(stage, make_fragment(packet, 0, 2 * kPiece));
    const std::size_t frame = tcp::send_packet(stage, make_fragment(packet, kPiece, 2 * kPiece));
    tcp::send_packet(stage, make_fragment(packet, 2 * kPiece - 8, size));
    const bool is_wrong = co_await is_answered(stage, kWrong, stage.iut().timers.silence / 2);
    stage.check_that(!is_wrong, "IP-1", "no answer to a datagram whose fragments overlap", "one",
                     frame);
    // The twin: the same without the overlap.
    std::size_t last = 0;
    for (const Bytes& piece : split_packet(in_pieces(kRight), kPiece))
        last = tcp::send_packet(stage, piece);
    const bool is_there = co_await is_answered(stage, kRight, stage.iut().timers.answer / 2);
    stage.check_that(is_there, "IP-1", "an answer to a datagram in fragments", "none", last);
    co_await stage.expect_alive("after the case");
}

/// RFC 1858 3.1: a first fragment that does not hold what filters look at. The twin is a SYN in
/// fragments of 24 bytes.
Task<> tiny_first_dropped(Stage& stage) {
    constexpr std::size_t kTiny = 16;
    co_await stage.expect_alive("before the case");
    for (const std::size_t size : {kTiny, kPiece}) {
        Client& client = stage.open_client();
        TcpSegment syn = client.make_syn();
        syn.is_fragmentation_forbidden = false;
        client.count_sent(syn);
        const Bytes packet = encode_tcp_packet(syn);
        for (const Bytes& piece : split_packet(packet, size))
            client.carry(piece);
        const std::optional<ReceivedSegment> answer =
            co_await client.receive(stage.iut().timers.silence / 2);
        const bool is_tiny = size == kTiny;
        stage.check_that(answer.has_value() != is_tiny, "IP-1",
                         is_tiny ? "no answer to a SYN whose first fragment ends in its header"
                                 : "a SYN/ACK for a SYN in fragments",
                         answer ? describe(client.to_relative(answer->segment)) : "nothing",
                         stage.wire().capture().size() - 1);
        if (answer) client.carry(client.make(tcp_flag::kRst));
    }
    co_await stage.expect_alive("after the case");
}

/// RFC 1122 3.3.6: what a frame brings to all is for nobody alone. The twin is the same SYN in a
/// frame to the device.
Task<> link_broadcast_dropped(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    const TcpSegment syn = client.make_syn();
    client.count_sent(syn);
    const Bytes packet = encode_tcp_packet(syn);
    tcp::send_frame(
        stage, encode_ethernet(kBroadcastMac, stage.iut().client_mac, ether_type::kIpv4, packet));
    co_await client.expect_silence("IP-1", "for a SYN in a frame to all",
                                   stage.iut().timers.silence / 2);
    client.carry(packet);
    const SegmentPattern answer{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    const ReceivedSegment received =
        co_await client.expect("IP-1", answer, stage.iut().timers.answer);
    client.learn_handshake(received.segment);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "IP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 1122 4.1.3.1.
Task<> closed_udp_port_unreachable(Stage& stage) {
    constexpr std::uint8_t kUnreachable = 3;
    constexpr std::uint8_t kPortUnreachable = 3;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    UdpDatagram datagram;
    datagram.source = client.self();
    datagram.destination = client.service();  // over UDP nobody is there
    datagram.payload = to_bytes("anybody?");
    tcp::send_packet(stage, encode_udp_packet(datagram));
    co_await client.expect_icmp("IP-3", kUnreachable, kPortUnreachable, stage.iut().timers.answer);
    co_await stage.expect_alive("after the case");
}

/// RFC 826: for its own address alone.
Task<> arp_for_itself(Stage& stage) {
    constexpr std::uint16_t kRequest = 1;
    constexpr std::uint16_t kReply = 2;
    co_await stage.expect_alive("before the case");
    const Iut& iut = stage.iut();
    const Ipv4Address own = iut.device.service.front();
    const Ipv4Address nobody{own.value ^ 0x40U};
    for (const Ipv4Address target : {own, nobody}) {
        const ArpMessage question{kRequest, iut.client_mac, iut.clients.front(), {}, target};
        const std::size_t from = tcp::send_frame(
            stage,
            encode_ethernet(kBroadcastMac, iut.client_mac, ether_type::kArp, encode_arp(question)));
        co_await stage.sleep(iut.timers.silence / 4);
        const Capture& capture = stage.wire().capture();
        const auto found = std::find_if(capture.begin() + static_cast<std::ptrdiff_t>(from),
                                        capture.end(), [&](const CapturedFrame& captured) {
                                            const auto& arp = captured.frame.arp;
                                            return captured.direction == Direction::FromDevice &&
                                                   arp && arp->operation == kReply &&
                                                   arp->sender == target;
                                        });
        const bool is_there = found != capture.end();
        stage.check_that(
            is_there == (target == own), "IP-2",
            target == own ? "an ARP reply for its own address" : "no ARP reply for another address",
            is_there ? "one" : "none", from);
        if (!is_there) continue;
        stage.check_that(found->frame.arp->sender_mac == iut.device.front_mac, "IP-2",
                         iut.device.front_mac.to_string(), found->frame.arp->sender_mac.to_string(),
                         from);
    }
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_ip_cases() {
    tcp::CaseList list;
    list.add("tcp/ip/echo-answered", "An echo request is answered with its bytes.", {"IP-3"},
             echo_answered);
    list.add("tcp/ip/bad-headers-dropped",
             "Packets with a wrong checksum, version or length in the IP header are dropped.",
             {"IP-1"}, bad_headers_dropped);
    list.add("tcp/ip/martians-refused", "Packets from addresses that no host has are dropped.",
             {"IP-1"}, martians_refused);
    list.add("tcp/ip/options-harmless", "A request behind IP options is answered.", {"IP-1"},
             options_harmless);
    list.add("tcp/ip/fragments-assembled",
             "A datagram in fragments is put together, in whatever order they come.", {"IP-1"},
             fragments_assembled);
    list.add("tcp/ip/overlap-dropped", "A datagram whose fragments overlap is dropped.", {"IP-1"},
             overlap_dropped);
    list.add("tcp/ip/link-broadcast-dropped",
             "A packet for the device in a frame to all is dropped.", {"IP-1"},
             link_broadcast_dropped);
    list.add_for_members("tcp/ip/tiny-first-dropped",
                         "A datagram whose first fragment ends within the TCP header is dropped.",
                         {"IP-1"}, tiny_first_dropped);
    list.add("tcp/ip/closed-udp-port-unreachable",
             "UDP to a port where nobody is gets ICMP port unreachable.", {"IP-3"},
             closed_udp_port_unreachable);
    list.add("tcp/ip/arp-for-itself", "ARP is answered for its own address alone.", {"IP-2"},
             arp_for_itself);
    return list.take();
}

}  // namespace conform
