// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Migration before an application is bound": the home while it waits for 0x03.
#include <fmt/format.h>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

/// EP-6: when 0x01 goes, after the first one.
constexpr milliseconds kRepetitions[] = {milliseconds(50), milliseconds(150), milliseconds(350)};
/// Timers of a device may be coarse.
constexpr milliseconds kTimerTolerance{10};
/// SEL-5: pieces of a request within the 100 ms after which a home decides with what it has.
constexpr milliseconds kBetweenPieces{30};
constexpr milliseconds kBeforeAcknowledgement{200};

Duration timer_tolerance(const Stage& stage) {
    return kTimerTolerance + 2 * stage.iut().timers.tolerance;
}

void check_time(Stage& stage, const char* what, Duration expected, Time since, std::size_t frame) {
    const Duration waited = stage.wire().now() - since;
    const Duration tolerance = timer_tolerance(stage);
    stage.check_that(waited >= expected - tolerance && waited <= expected + tolerance, "EP-6",
                     fmt::format("{} after {} ms", what, milliseconds_of(expected)),
                     fmt::format("after {} ms", milliseconds_of(waited)), frame);
}

Task<> offer_repeated_on_schedule(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const endpoint::Offer offer = co_await endpoint::provoke_migration(stage, client, peer);
    const Time first = offer.frame.at;
    for (const milliseconds after : kRepetitions) {
        const ReceivedEncapsulation again = co_await peer.expect(
            "EP-6", endpoint::about(EncapsulationType::Connection, client), timers.answer);
        check_time(stage, "0x01 again", after, first, again.frame);
        stage.check_that(
            again.content.encapsulation->payload == offer.frame.content.encapsulation->payload,
            "EP-6", "0x01 repeated byte for byte", "another one", again.frame);
    }
    co_await peer.expect_silence("EP-6", "after the last repetition",
                                 first + timers.fall_back - stage.wire().now());

    // Without an answer the home serves the client itself (SEL-4): nothing was lost meanwhile.
    const ReceivedSegment response =
        co_await client.expect("SEL-4", {.flags = tcp_flag::kAck, .sequence = 1}, timers.answer);
    check_time(stage, "the home's own answer", timers.fall_back, first, response.frame);
    client.accept(response.segment);
    co_await endpoint::finish_response(stage, client);
    co_await endpoint::exchange_locally(stage, client);
}

/// EP-10: after the fall back an acknowledgement is too late; the target is told to forget it.
Task<> late_acknowledgement_refused(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const endpoint::Offer offer = co_await endpoint::provoke_migration(stage, client, peer);
    const ReceivedSegment response = co_await client.expect(
        "EP-6", {.flags = tcp_flag::kAck, .sequence = 1}, timers.fall_back + timers.answer);
    client.accept(response.segment);
    co_await endpoint::finish_response(stage, client);
    while (co_await peer.receive(Duration::zero())) {
    }

    const std::uint32_t copy = stage.random().next_u32();
    peer.send(EncapsulationType::Acknowledgement,
              endpoint::acknowledgement_for(stage, offer, copy));
    const bool is_extended = stage.has_extensions();
    const ReceivedEncapsulation refusal = co_await peer.expect(
        "EP-10",
        endpoint::about(is_extended ? EncapsulationType::Release : EncapsulationType::Forwarded,
                        client),
        timers.answer);
    if (is_extended) {
        const IdentifiedCopy wanted{offer.id(), copy};
        stage.check_that(parse_identified_copy(refusal.header().payload) == wanted, "EP-16",
                         "0x11 with the ID and copy of the 0x03", to_hex(refusal.header().payload),
                         refusal.frame);
    } else {
        const std::optional<Ipv4Packet>& inner = refusal.content.inner;
        const bool is_reset = inner && inner->tcp && inner->tcp->has(tcp_flag::kRst);
        stage.check_that(is_reset, "EP-10", "0x02 with a RST", describe(refusal.content),
                         refusal.frame);
        if (is_reset) {
            stage.check("EP-10", "RST with the sequence, relative to irs,", 1,
                        inner->tcp->sequence - client.initial_sequence(), refusal.frame);
        }
    }
    // The connection stays where it fell back to.
    co_await endpoint::exchange_locally(stage, client);
    co_await peer.expect_silence("EP-10", "after the refusal", Duration::zero());
}

/// What a client may send while it waits: in order, out of order, twice, nothing at all; and what
/// opens and ends connections.
std::vector<TcpSegment> impatient_segments(Client& client) {
    std::vector<TcpSegment> segments;
    for (int i = 0; i < 4; ++i) {
        segments.push_back(client.make(tcp_flag::kAck, Bytes(static_cast<std::size_t>(90 + i))));
        client.count_sent(segments.back());
    }
    std::swap(segments[1], segments[2]);
    segments.push_back(segments.front());
    segments.back().identification ^= 0x5555;  // a retransmission is a packet of its own
    segments.push_back(client.make(tcp_flag::kAck));
    segments.push_back(client.make_syn());
    segments.push_back(client.make(tcp_flag::kFin | tcp_flag::kAck));
    client.count_sent(segments.back());
    segments.push_back(client.make(tcp_flag::kRst | tcp_flag::kAck));
    return segments;
}

Task<> packets_held_in_order(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    client.send(request);
    const endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), timers.answer));
    const std::vector<TcpSegment> segments = impatient_segments(client);
    for (const TcpSegment& segment : segments)
        client.send(segment);
    co_await client.expect_silence("EP-5", "for packets that are held", kBeforeAcknowledgement);
    co_await peer.expect_silence("EP-9", "but 0x01 before it has acknowledged", Duration::zero(),
                                 EncapsulationType::Connection);

    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-5", encode_tcp_packet(request));
    for (const TcpSegment& segment : segments) {
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-5",
                                            encode_tcp_packet(segment));
    }
    const TcpSegment later = client.make(tcp_flag::kAck);
    client.send(later);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(later));
}

/// Sends `request` in three pieces; the home must say nothing before the last one.
Task<std::vector<TcpSegment>> send_in_pieces(Client& client, const Bytes& request) {
    const std::size_t cuts[] = {0, 3, 7, request.size()};
    std::vector<TcpSegment> pieces;
    for (std::size_t i = 0; i < 3; ++i) {
        if (i > 0) {
            co_await client.expect_silence("SEL-5", "before the request suffices to decide",
                                           kBetweenPieces);
        }
        const auto from = request.begin() + static_cast<std::ptrdiff_t>(cuts[i]);
        const auto to = request.begin() + static_cast<std::ptrdiff_t>(cuts[i + 1]);
        pieces.push_back(client.make(tcp_flag::kPsh | tcp_flag::kAck, Bytes(from, to)));
        client.send(pieces.back());
    }
    co_return std::move(pieces);
}

Task<> request_not_acknowledged_before_decision(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    // The twin: the same pieces of a request that stays are answered.
    Client& local = stage.open_client();
    co_await local.connect("EP-2");
    const Bytes local_request = http_request(stage.iut().requests.local);
    co_await send_in_pieces(local, local_request);
    co_await endpoint::expect_local_response(stage, local);

    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    const Bytes request = http_request(stage.iut().requests.moved);
    const std::vector<TcpSegment> pieces = co_await send_in_pieces(client, request);
    const endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), timers.answer));
    const ControlBlock& block = offer.information.block;
    stage.check("SEL-5", "rcv_nxt, relative to irs,", 1, block.rcv_nxt - client.initial_sequence(),
                offer.frame.frame);
    stage.check("SEL-5", "rcv_queue", 0, block.rcv_queue, offer.frame.frame);
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    for (const TcpSegment& piece : pieces) {
        co_await endpoint::expect_forwarded(stage, client, peer, "SEL-5", encode_tcp_packet(piece));
    }
}

/// SEL-1: who listens in request mode hears the request first, one that stays and one that moves.
Task<> request_decides(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& local = stage.open_client();
    Client& moved = stage.open_client();
    Peer& peer = stage.open_peer(moved);
    co_await local.connect("EP-2");
    co_await moved.connect("EP-2");
    co_await stage.sleep(kBeforeAcknowledgement);
    moved.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await peer.expect("SEL-1", endpoint::about(EncapsulationType::Connection, moved),
                         timers.answer);
    co_await endpoint::exchange_locally(stage, local);
}

CaseInfo home_case(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_migration_cases() {
    return {home_case("endpoint/migration/offer-repeated-on-schedule",
                      "0x01 goes after 0, 50, 150 and 350 ms, byte for byte the same; at 750 ms "
                      "the home serves the client itself.",
                      {"EP-6", "SEL-4"}, offer_repeated_on_schedule),
            home_case("endpoint/migration/late-acknowledgement-refused",
                      "0x03 after the fall back moves nothing: ext 0x11, base 0x02 with a RST.",
                      {"EP-6", "EP-10", "EP-16"}, late_acknowledgement_refused),
            home_case("endpoint/migration/packets-held-in-order",
                      "Packets that come while it migrates are not acknowledged, and go out in the "
                      "order of arrival.",
                      {"EP-5", "EP-9", "EP-21"}, packets_held_in_order),
            home_case("endpoint/migration/request-not-acknowledged-before-decision",
                      "A request in pieces is neither acknowledged nor consumed before it decides.",
                      {"SEL-5", "EP-4"}, request_not_acknowledged_before_decision),
            home_case("endpoint/migration/request-decides",
                      "In request mode it is the request that selects, not the handshake.",
                      {"SEL-1", "EP-4"}, request_decides)};
}

}  // namespace conform
