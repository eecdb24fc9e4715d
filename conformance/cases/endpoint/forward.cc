// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Forwarding".
#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::MovedIn;

/// FRM-9: the largest client packet that fits encapsulated on the back link.
std::size_t largest_packet(const Iut& iut) {
    return iut.back_mtu - iut.framing.overhead();
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
}

/// EP-23: silence towards the client, always; towards the home in a base farm.
Task<> unknown_endpoint_silent(Stage& stage) {
    constexpr std::uint16_t kUnknownEndpoint = 3;
    const TestTimers& timers = stage.iut().timers;
    MovedIn twin(stage);
    co_await twin.move();
    MovedIn unknown(stage);
    unknown.peer().send_frame(unknown.forwarded_frame(unknown.next_request()));
    if (stage.has_extensions()) {
        const ReceivedEncapsulation received = co_await unknown.peer().expect(
            "EP-23", endpoint::about(EncapsulationType::Reject, unknown.client()), timers.answer);
        const MigrationId id{unknown.information().service, 0, 0};
        endpoint::check_reject(stage, "EP-23", received, id, kUnknownEndpoint);
    }
    co_await unknown.expect_nothing("EP-23", "after 0x02 for an unknown endpoint", timers.silence);
    co_await twin.exchange();
    // The same tuple, once it has moved.
    co_await unknown.move();
}

/// EP-28: one client port, two services: the device's own, and one that has moved in.
Task<> same_port_two_services(Stage& stage) {
    MovedIn moved(stage);
    Client& local = stage.open_rival(moved.client());
    co_await moved.move();
    co_await local.connect("EP-28");
    co_await endpoint::exchange_locally(stage, local);
    co_await moved.exchange();
    // Both at once: each gets its own answer.
    const TcpSegment request = moved.next_request();
    moved.forward(request);
    local.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    co_await moved.expect_response(request);
    co_await endpoint::expect_local_response(stage, local);
    co_await moved.finish_response();
}

/// EP-20: what belongs to no connection gets the reset of RFC 9293 3.10.7.1.
Task<> stray_segment_reset(Stage& stage) {
    Client& living = stage.open_client();
    co_await living.connect("EP-2");
    co_await endpoint::exchange_locally(stage, living);
    Client& stray = stage.open_client();
    const std::uint32_t sequence = stage.random().next_u32();
    stray.assume_handshake(sequence, 1);
    stray.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    const ReceivedSegment reset = co_await stray.expect(
        "EP-20", {.flags = tcp_flag::kRst, .sequence = 1}, stage.iut().timers.answer);
    stage.check_that(reset.segment.payload.empty(), "EP-20", "a RST without payload", "some",
                     reset.frame);
    co_await stray.expect_silence("EP-20", "after its reset", stage.iut().timers.silence);
    co_await endpoint::exchange_locally(stage, living);
}

}  // namespace

std::vector<CaseInfo> endpoint_forward_cases() {
    return {{"endpoint/forward/client-packet-unchanged",
             "Packets of a moved connection leave as 0x02, byte for byte the client's, in the "
             "order of arrival.",
             {"EP-20", "EP-21", "SYS-2"},
             "endpoint",
             "home",
             client_packet_unchanged},
            {"endpoint/forward/unknown-endpoint-silent",
             "A 0x02 for a tuple that is not here is never answered to the client; ext rejects it "
             "to the home.",
             {"EP-22", "EP-23"},
             "endpoint",
             "target",
             unknown_endpoint_silent},
            {"endpoint/forward/same-port-two-services",
             "One client port with connections to two services, one of them moved in: never "
             "confused.",
             {"EP-28", "EP-22"},
             "endpoint",
             "target",
             same_port_two_services},
            {"endpoint/forward/stray-segment-reset",
             "A segment of no connection gets the reset that TCP prescribes, the living ones "
             "nothing.",
             {"EP-20"},
             "endpoint",
             "home",
             stray_segment_reset}};
}

}  // namespace conform
