// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Forwarding".
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

/// FRM-9: the largest client packet that fits behind Ethernet and encapsulation header.
std::size_t largest_packet(const Iut& iut) {
    return iut.back_mtu - kEncapsulationHeaderSize;
}

Bytes pattern(std::size_t size, std::uint8_t first) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i * 7);
    return bytes;
}

/// What a client may send and a forwarder may be tempted to change.
std::vector<TcpSegment> peculiar_segments(Stage& stage, Client& client) {
    std::vector<TcpSegment> segments;
    const auto add = [&](std::uint8_t flags, Bytes payload) -> TcpSegment& {
        segments.push_back(client.make(flags, std::move(payload)));
        client.count_sent(segments.back());
        return segments.back();
    };
    add(tcp_flag::kAck, {});
    add(tcp_flag::kAck, pattern(1, 1));
    add(tcp_flag::kPsh | tcp_flag::kAck, pattern(333, 2)).type_of_service = 0xB8;
    add(tcp_flag::kAck, pattern(64, 3)).time_to_live = 3;
    TcpSegment& fragmentable = add(tcp_flag::kAck, pattern(65, 4));
    fragmentable.is_fragmentation_forbidden = false;
    fragmentable.identification = 0;
    add(tcp_flag::kAck, pattern(20, 5)).ip_options = from_hex("01010100");
    TcpSegment& urgent = add(tcp_flag::kAck | tcp_flag::kUrg, pattern(9, 6));
    urgent.urgent_pointer = 4;
    // Timestamps take 12 bytes of options behind the 20 of TCP and the 20 of IPv4.
    add(tcp_flag::kAck, pattern(largest_packet(stage.iut()) - 52, 7));
    add(tcp_flag::kFin | tcp_flag::kAck, pattern(2, 8));
    return segments;
}

Task<> client_packet_unchanged(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await stage.expect_alive("before the case");
    const endpoint::Offer offer = co_await endpoint::provoke_migration(stage, client, peer);
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client),
                         stage.iut().timers.answer, EncapsulationType::Connection);

    // One by one: each packet leaves before the next comes.
    std::vector<TcpSegment> segments = peculiar_segments(stage, client);
    for (const TcpSegment& segment : segments) {
        client.send(segment);
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-20",
                                            encode_tcp_packet(segment));
    }
    // All at once, the other way round: the order of arrival, not that of sequence numbers.
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
        client.send(*segment);
    }
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-20",
                                            encode_tcp_packet(*segment));
    }
    co_await client.expect_silence("EP-20", "from a home that only forwards",
                                   stage.iut().timers.silence);
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> endpoint_forward_cases() {
    return {{"endpoint/forward/client-packet-unchanged",
             "Packets of a moved connection leave as 0x02, byte for byte the client's, in the "
             "order of arrival.",
             {"EP-20", "EP-21", "SYS-2"},
             "endpoint",
             "home",
             client_packet_unchanged}};
}

}  // namespace conform
