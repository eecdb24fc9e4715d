// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Migration before an application is bound": the acknowledgement.
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kBeforeAcknowledgement{300};

Task<> moves_the_record(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const TestTimers& timers = stage.iut().timers;
    co_await stage.expect_alive("before the case");

    client.send(client.make_syn());
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    client.learn_handshake((co_await client.expect("EP-2", syn_ack, timers.answer)).segment);
    const TcpSegment handshake_ack = client.make(tcp_flag::kAck);
    client.send(handshake_ack);
    // The request in two packets: the first decides, the second arrives while it is migrating.
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    client.send(request);
    const endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), timers.answer));
    const TcpSegment held =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    client.send(held);

    // Before 0x03 nothing is forwarded: the record is still in Temporary.
    co_await peer.expect_silence("EP-9", "but 0x01 before it has acknowledged",
                                 kBeforeAcknowledgement, EncapsulationType::Connection);

    // 0x03: the home releases (EP-16), then what it held goes out in the order of arrival.
    const std::uint32_t copy = stage.random().next_u32();
    co_await endpoint::acknowledge(stage, peer, offer, copy);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(request));
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(held));

    // The record is in Forward: later packets go at once, 0x01 never again, the client hears
    // nothing from the home.
    const TcpSegment later = client.make(tcp_flag::kAck);
    client.send(later);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(later));
    co_await peer.expect_silence("EP-9", "after the acknowledgement", timers.fall_back);
    co_await client.expect_silence("EP-9", "from the home after the acknowledgement",
                                   timers.silence);

    // EP-16: a repeated 0x03 is answered again: ext by 0x14, base by the handshake's ACK as 0x02.
    co_await endpoint::acknowledge(stage, peer, offer, copy);
    if (!stage.has_extensions()) {
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-16",
                                            encode_tcp_packet(handshake_ack));
    }
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> endpoint_acknowledgement_cases() {
    return {{"endpoint/acknowledgement/moves-the-record",
             "After 0x03 the connection is forwarded: held packets first, never 0x01 again; before "
             "it nothing is.",
             {"EP-9", "EP-16"},
             "endpoint",
             "home",
             moves_the_record}};
}

}  // namespace conform
