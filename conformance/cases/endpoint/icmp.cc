// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Forwarding": ICMP errors about a connection that has moved (EP-26).
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::MovedIn;

constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kFragmentationNeeded = 4;
constexpr std::uint8_t kHostUnreachable = 1;
constexpr std::size_t kIpv4HeaderSize = 20;
/// RFC 792, EP-26: so much of the transport suffices.
constexpr std::size_t kQuotedTransport = 8;
constexpr std::uint16_t kWideWindow = 250;  // scaled: 64,000 bytes

/// The first bytes of a packet from the service to the client, as a router on its way quotes them.
Bytes quote_of(const Client& client, std::uint32_t sequence, std::size_t transport) {
    TcpSegment segment;
    segment.source = client.service();
    segment.destination = client.self();
    segment.sequence = sequence;
    segment.acknowledgment = client.next_sequence();
    segment.flags = tcp_flag::kAck;
    segment.payload = Bytes(100, 0x55);
    Bytes packet = encode_tcp_packet(segment);
    packet.resize(kIpv4HeaderSize + transport);
    return packet;
}

/// From a router behind which the client is.
Bytes error_packet(const Client& client, std::uint8_t code, std::uint16_t mtu, Bytes quote) {
    IcmpMessage message{client.self().address, client.service().address, kUnreachable, code};
    message.sequence = mtu;
    message.payload = std::move(quote);
    return encode_icmp_packet(message);
}

void send_to_home(Stage& stage, const Bytes& packet) {
    stage.wire().send(Link::Front,
                      encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                      ether_type::kIpv4, packet));
}

Task<> error_goes_to_the_owner(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    const std::uint32_t sequence = client.server_initial_sequence() + 1;
    for (const std::size_t transport : {kQuotedTransport, std::size_t{20}, std::size_t{120}}) {
        const Bytes packet = error_packet(client, kFragmentationNeeded, 1'000,
                                          quote_of(client, sequence, transport));
        send_to_home(stage, packet);
        const ReceivedEncapsulation received =
            co_await peer.expect("EP-26", endpoint::about(EncapsulationType::Forwarded, client),
                                 stage.iut().timers.answer);
        stage.check("EP-26", "Dest. Port", client.service().port,
                    received.header().destination.port, received.frame);
        stage.check_that(received.header().payload == packet, "EP-26", "the ICMP error as it came",
                         describe(received.content), received.frame);
    }
    // Too little of it, or of a later fragment: it is about nobody.
    Bytes later_fragment = quote_of(client, sequence, 20);
    store_u16(later_fragment, 6, 0x0010);
    repair_ipv4_checksum(later_fragment, 0);
    const std::vector<Bytes> quotes = {quote_of(client, sequence, kQuotedTransport - 1),
                                       Bytes(kIpv4HeaderSize - 1, 0x45), Bytes{}, later_fragment};
    for (const Bytes& quote : quotes) {
        send_to_home(stage, error_packet(client, kFragmentationNeeded, 1'000, quote));
        co_await peer.expect_silence("EP-26", "for a quote that names no connection",
                                     stage.iut().timers.silence / 4);
    }
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-26");
}

/// Takes a flight; the largest payload in it.
Task<std::size_t> largest_of_flight(Stage& stage, Client& client) {
    std::size_t largest = 0;
    while (const auto received = co_await client.receive(endpoint::response_pause(stage)))
        largest = std::max(largest, received->segment.payload.size());
    co_return largest;
}

/// The same of a connection that the device has accepted itself: how it cuts a response.
Task<std::size_t> largest_of_its_own(Stage& stage, const ClientOffer& offer) {
    Client& client = stage.open_client(offer);
    co_await client.connect("EP-1");
    client.set_window_field(kWideWindow);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client));
    co_return co_await largest_of_flight(stage, client);
}

/// The owner's path MTU follows (TCP-13), and soft errors end nothing.
Task<> owner_takes_it(Stage& stage) {
    constexpr std::uint16_t kPathMtu = 700;
    MovedIn connection(stage);
    Client& client = connection.client();
    const std::size_t usual = co_await largest_of_its_own(stage, client.offer());
    co_await connection.move();
    client.set_window_field(kWideWindow);
    connection.forward(client.make(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client)));
    const std::uint32_t first = client.acknowledged();
    const std::size_t before = co_await largest_of_flight(stage, client);
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check_that(before == usual, "EP-25",
                     fmt::format("segments of up to {} bytes, as of connections of its own", usual),
                     fmt::format("{} bytes", before), frame);
    const Peer& peer = connection.peer();
    const auto forward_error = [&](std::uint8_t code, std::uint16_t mtu) {
        stage.wire().send(Link::Back,
                          peer.make(EncapsulationType::Forwarded,
                                    error_packet(client, code, mtu, quote_of(client, first, 20))));
    };
    forward_error(kHostUnreachable, 0);
    forward_error(kFragmentationNeeded, kPathMtu);
    const auto received = co_await client.receive(stage.iut().timers.answer);
    if (!received) throw Violation({"EP-26", "the segment again, smaller", "nothing"});
    const std::size_t after =
        std::max(received->segment.payload.size(), co_await largest_of_flight(stage, client));
    stage.check_that(after > 0 && after + 52 <= kPathMtu, "EP-26",
                     fmt::format("segments that fit {} bytes after the error", kPathMtu),
                     fmt::format("{} payload bytes", after), received->frame);
}

}  // namespace

std::vector<CaseInfo> endpoint_icmp_cases() {
    return {{"endpoint/icmp/error-goes-to-the-owner",
             "An ICMP error that quotes a moved connection leaves as 0x02 to its owner; one that "
             "quotes too little does not.",
             {"EP-26", "FRM-6"},
             "endpoint",
             "home",
             error_goes_to_the_owner},
            {"endpoint/icmp/owner-takes-it",
             "A forwarded 'fragmentation needed' makes the owner's segments smaller; a soft error "
             "changes nothing.",
             {"EP-26"},
             "endpoint",
             "target",
             owner_takes_it}};
}

}  // namespace conform
