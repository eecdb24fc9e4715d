// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Framing": client packets that do not fit (FRM-9), and ones that come in pieces
/// (FRM-10).
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

constexpr std::size_t kIpAndTcp = 40;
/// Timestamps in every segment.
constexpr std::size_t kTcpOptions = 12;
constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kFragmentationNeeded = 4;
/// RFC 792: what an error quotes at least.
constexpr std::size_t kQuotedMin = 28;

std::size_t largest_packet(const Iut& iut) {
    return iut.back_mtu - iut.framing.overhead();
}

Task<> mss_leaves_room(Stage& stage) {
    const std::size_t most = largest_packet(stage.iut()) - kIpAndTcp;
    for (const std::uint16_t offered : {std::uint16_t{1460}, std::uint16_t{536}}) {
        Client& client = stage.open_client({.mss = offered});
        const ReceivedSegment syn_ack = co_await client.connect("EP-2");
        const std::uint16_t mss = syn_ack.segment.mss.value_or(536);
        stage.check_that(mss <= most && mss >= 536, "FRM-9",
                         fmt::format("an MSS from 536 to {}", most), fmt::format("{}", mss),
                         syn_ack.frame);
        co_await endpoint::exchange_locally(stage, client);
    }
}

/// A data segment whose IPv4 packet has `size` bytes.
TcpSegment segment_of(Client& client, std::size_t size, bool is_fragmentation_forbidden) {
    TcpSegment segment =
        client.make(tcp_flag::kAck, Bytes(size - kIpAndTcp - kTcpOptions, std::uint8_t{0x42}));
    segment.is_fragmentation_forbidden = is_fragmentation_forbidden;
    return segment;
}

Task<> too_long_told(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    const std::size_t most = largest_packet(stage.iut());
    const TcpSegment fits = segment_of(client, most, true);
    client.send(fits);
    co_await endpoint::expect_forwarded(stage, client, peer, "FRM-9", encode_tcp_packet(fits));

    const TcpSegment long_one = segment_of(client, most + 1, true);
    client.send(long_one);
    const ReceivedIcmp error = co_await client.expect_icmp(
        "FRM-9", kUnreachable, kFragmentationNeeded, stage.iut().timers.answer);
    stage.check_that(error.message.source == client.service().address, "FRM-9",
                     "ICMP from " + client.service().address.to_string(),
                     error.message.source.to_string(), error.frame);
    stage.check("FRM-9", "next-hop MTU", most, error.message.sequence, error.frame);
    const Bytes packet = encode_tcp_packet(long_one);
    const Bytes& quote = error.message.payload;
    stage.check_that(quote.size() >= kQuotedMin && quote.size() <= packet.size() &&
                         std::equal(quote.begin(), quote.end(), packet.begin()),
                     "FRM-9", "a quote that begins as the packet does", to_hex(quote, kQuotedMin),
                     error.frame);
    co_await peer.expect_silence("FRM-9", "for a packet that is too long",
                                 stage.iut().timers.silence / 4);

    const TcpSegment shorter = segment_of(client, most - 1, true);
    client.send(shorter);
    co_await endpoint::expect_forwarded(stage, client, peer, "FRM-9", encode_tcp_packet(shorter));
}

Task<> too_long_fragmented(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    const TcpSegment segment = segment_of(client, stage.iut().back_mtu, false);
    client.send(segment);
    const Bytes packet = encode_tcp_packet(segment);
    Reassembly reassembly;
    std::optional<Bytes> whole;
    while (!whole) {
        const ReceivedEncapsulation received =
            co_await peer.expect("FRM-9", endpoint::about(EncapsulationType::Forwarded, client),
                                 stage.iut().timers.answer);
        if (!received.content.inner) break;  // the oracle of the formats says why
        whole = reassembly.add(*received.content.inner);
    }
    stage.check_that(whole && std::ranges::equal(*whole, ip_payload_of(packet)), "FRM-9",
                     "fragments of the client's packet", "others",
                     stage.wire().capture().size() - 1);
    co_await client.expect_no_icmp("FRM-9", "for a packet that may be fragmented",
                                   stage.iut().timers.silence / 4);
}

std::size_t send_packet(Stage& stage, Bytes packet) {
    return stage.wire().send(Link::Front,
                             encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                             ether_type::kIpv4, packet));
}

/// EP-21: what came in pieces leaves as one packet with the same payload.
Task<> expect_assembled(Stage& stage, Client& client, Peer& peer, const Bytes& packet) {
    const ReceivedEncapsulation received = co_await peer.expect(
        "FRM-10", endpoint::about(EncapsulationType::Forwarded, client), stage.iut().timers.answer);
    const Bytes& inner = received.header().payload;
    stage.check_that(
        std::ranges::equal(ip_payload_of(inner), ip_payload_of(packet)) && received.content.inner &&
            fragment_place(*received.content.inner).is_whole(),
        "FRM-10", "the client's segment in one packet", describe(received.content), received.frame);
}

Task<> fragments_assembled(Stage& stage) {
    constexpr std::size_t kPiece = 64;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    for (const bool is_reversed : {false, true}) {
        const TcpSegment segment = segment_of(client, 400, false);
        client.count_sent(segment);
        const Bytes packet = encode_tcp_packet(segment);
        std::vector<Bytes> fragments = split_packet(packet, kPiece);
        if (is_reversed) std::reverse(fragments.begin(), fragments.end());
        for (std::size_t i = 0; i < fragments.size(); ++i) {
            if (i + 1 == fragments.size()) {
                co_await peer.expect_silence("FRM-10", "before the last fragment",
                                             stage.iut().timers.silence / 4);
            }
            send_packet(stage, fragments[i]);
        }
        co_await expect_assembled(stage, client, peer, packet);
    }
}

/// Pieces of one datagram that nothing may be made of.
struct Overlap {
    const char* what;
    std::vector<std::pair<std::size_t, std::size_t>> pieces;  ///< from, to
};

Task<> overlapping_fragments_dropped(Stage& stage) {
    constexpr std::size_t kPayload = 20 + kTcpOptions + 100;
    const std::vector<Overlap> overlaps = {
        {"that overlap by eight bytes", {{0, 64}, {56, kPayload}}},
        {"one of which lies within another", {{0, 64}, {8, 24}, {64, kPayload}}},
        {"the first of which comes twice in two lengths", {{0, 32}, {0, 64}, {64, kPayload}}}};
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    for (const Overlap& overlap : overlaps) {
        TcpSegment segment = segment_of(client, 20 + kPayload, false);
        Bytes packet = encode_tcp_packet(segment);
        for (const auto& [from, to] : overlap.pieces)
            send_packet(stage, make_fragment(packet, from, to));
        const std::string when = fmt::format("for fragments {}", overlap.what);
        co_await peer.expect_silence("FRM-10", when.c_str(), stage.iut().timers.silence / 4);
        // The twin: another datagram, with the same text in fragments that do not overlap.
        segment.identification ^= 0x0F0F;
        packet = encode_tcp_packet(segment);
        client.count_sent(segment);
        for (const Bytes& fragment : split_packet(packet, 64))
            send_packet(stage, fragment);
        co_await expect_assembled(stage, client, peer, packet);
    }
}

CaseInfo home_case(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_long_packets_cases() {
    return {home_case("endpoint/long-packets/mss-leaves-room",
                      "The MSS of a SYN/ACK leaves room for the encapsulation.", {"FRM-9"},
                      mss_leaves_room),
            home_case("endpoint/long-packets/too-long-told",
                      "A packet that does not fit with DF set is answered with ICMP 3/4 from the "
                      "service, with MTU and quote; one that fits goes out.",
                      {"FRM-9"}, too_long_told),
            home_case("endpoint/long-packets/too-long-fragmented",
                      "A packet that does not fit without DF leaves in fragments.", {"FRM-9"},
                      too_long_fragmented),
            home_case("endpoint/long-packets/fragments-assembled",
                      "Client fragments leave as one packet with the same payload, in whichever "
                      "order they came.",
                      {"FRM-10", "EP-21"}, fragments_assembled),
            home_case("endpoint/long-packets/overlapping-fragments-dropped",
                      "Fragments that overlap leave nothing, and harm no other datagram.",
                      {"FRM-10"}, overlapping_fragments_dropped)};
}

}  // namespace conform
