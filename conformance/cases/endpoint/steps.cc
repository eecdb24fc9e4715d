// SPDX-License-Identifier: Apache-2.0
#include "cases/endpoint/steps.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"
#include "pdu/sequence.hh"

namespace conform::endpoint {
namespace {

constexpr std::size_t kHexShown = 8;
constexpr std::string_view kStatus = "HTTP/1.1 200";

/// "byte 12 0x3f (..)" where two packets differ first.
std::string describe_difference(ByteView packet, ByteView other) {
    const auto [at, _] = std::mismatch(packet.begin(), packet.end(), other.begin(), other.end());
    const auto offset = static_cast<std::size_t>(at - packet.begin());
    return fmt::format("{} bytes, from byte {} on {}", packet.size(), offset,
                       to_hex(packet.subspan(offset), kHexShown));
}

/// The very packet went from a client of ours to the device.
bool has_sent(const Capture& capture, ByteView packet) {
    return std::any_of(capture.begin(), capture.end(), [packet](const CapturedFrame& captured) {
        return captured.direction == Direction::ToDevice && captured.link == Link::Front &&
               captured.frame.ipv4 && std::ranges::equal(captured.frame.ipv4->bytes, packet);
    });
}

/// The next segment that is no repetition must match.
Task<ReceivedSegment> expect_fresh(Stage& stage, Client& client, SegmentPattern pattern) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (;;) {
        const auto received = co_await client.receive(deadline - stage.wire().now());
        if (!received) {
            throw Violation(
                {"EP-3", describe(pattern) + " for the client",
                 fmt::format("nothing within {} ms", milliseconds_of(stage.iut().timers.answer))});
        }
        if (has_crossed(client, received->segment)) continue;
        const auto mismatches = compare(pattern, client.to_relative(received->segment));
        if (mismatches.empty()) co_return *received;
        throw Violation(
            {"EP-3", mismatches.front().expected, mismatches.front().actual, received->frame});
    }
}

}  // namespace

EncapsulationPattern about(EncapsulationType type, const Client& client) {
    return {.type = type, .protocol = encapsulated_protocol::kTcp, .source = client.self()};
}

Offer take_offer(ReceivedEncapsulation frame) {
    const std::optional<ConnectionInformation> information =
        parse_connection_information(frame.header().payload);
    if (!information) {
        throw Violation({"FRM-5", "0x01 with 146 payload bytes",
                         fmt::format("{}", frame.header().payload.size()), frame.frame});
    }
    return {std::move(frame), *information};
}

Task<Offer> provoke_migration(Stage& stage, Client& client, Peer& peer) {
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    ReceivedEncapsulation frame = co_await peer.expect(
        "EP-4", about(EncapsulationType::Connection, client), stage.iut().timers.answer);
    co_return take_offer(std::move(frame));
}

Bytes acknowledgement_for(const Stage& stage, const Offer& offer, std::uint32_t copy) {
    return stage.has_extensions() ? encode(IdentifiedCopy{offer.id(), copy}) : Bytes{};
}

Task<> acknowledge(Stage& stage, Peer& peer, const Offer& offer, std::uint32_t copy) {
    peer.send(EncapsulationType::Acknowledgement, acknowledgement_for(stage, offer, copy));
    if (!stage.has_extensions()) co_return;
    const ReceivedEncapsulation go =
        co_await peer.expect("EP-16", {.type = EncapsulationType::Go}, stage.iut().timers.answer,
                             EncapsulationType::Connection);
    const std::optional<IdentifiedCopy> released = parse_identified_copy(go.header().payload);
    const IdentifiedCopy wanted{offer.id(), copy};
    if (released != wanted) {
        throw Violation(
            {"EP-16", fmt::format("0x14 for {} copy {}", wanted.id.to_string(), wanted.copy),
             released ? fmt::format("{} copy {}", released->id.to_string(), released->copy)
                      : to_hex(go.header().payload),
             go.frame});
    }
}

Task<Departed> move_away(Stage& stage, Client& client, Peer& peer) {
    Departed departed;
    departed.offer = co_await provoke_migration(stage, client, peer);
    departed.copy = stage.random().next_u32();
    co_await acknowledge(stage, peer, departed.offer, departed.copy);
    co_await peer.expect("EP-9", about(EncapsulationType::Forwarded, client),
                         stage.iut().timers.answer, EncapsulationType::Connection);
    co_return std::move(departed);
}

Task<> expect_still_forwarded(Stage& stage, Client& client, Peer& peer, const char* requirement) {
    co_await stage.cross_links();
    const TcpSegment segment = client.make(tcp_flag::kAck);
    client.send(segment);
    co_await expect_forwarded(stage, client, peer, requirement, encode_tcp_packet(segment));
}

Duration response_pause(const Stage& stage) {
    constexpr std::chrono::milliseconds kPause{50};
    return std::min(kPause + stage.iut().timers.tolerance, stage.iut().timers.silence / 4);
}

bool has_crossed(const Client& client, const TcpSegment& segment) {
    const std::uint32_t end = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    return !segment.payload.empty() && sequence_distance(client.acknowledged(), end) <= 0;
}

Task<> expect_local_response(Stage& stage, Client& client) {
    Bytes response;
    while (response.size() < kStatus.size()) {
        const std::uint32_t expected = client.acknowledged() - client.server_initial_sequence();
        const SegmentPattern pattern{.flags = tcp_flag::kAck, .sequence = expected};
        const ReceivedSegment received = co_await expect_fresh(stage, client, pattern);
        append(response, received.segment.payload);
        client.accept(received.segment);
    }
    stage.check_that(std::equal(kStatus.begin(), kStatus.end(), response.begin()), "EP-3",
                     fmt::format("a response that begins with {}", kStatus),
                     to_hex(response, kStatus.size()), stage.wire().capture().size() - 1);
    co_await finish_response(stage, client);
}

Task<> finish_response(Stage& stage, Client& client) {
    const Duration pause = response_pause(stage);
    while (const std::optional<ReceivedSegment> rest = co_await client.receive(pause)) {
        client.accept(rest->segment);
    }
    client.send(tcp_flag::kAck);
}

Task<> exchange_locally(Stage& stage, Client& client) {
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    co_await expect_local_response(stage, client);
}

void check_reject(Stage& stage, const char* requirement, const ReceivedEncapsulation& received,
                  const MigrationId& id, std::uint16_t reason) {
    const std::optional<Rejection> rejection = parse_rejection(received.header().payload);
    const Rejection wanted{id, reason};
    stage.check_that(
        rejection == wanted, requirement,
        fmt::format("0x10 for {} with reason {}", id.to_string(), reason),
        rejection ? fmt::format("{} with reason {}", rejection->id.to_string(), rejection->reason)
                  : to_hex(received.header().payload),
        received.frame);
}

Task<ReceivedEncapsulation> expect_forwarded(Stage& stage, Client& client, Peer& peer,
                                             const char* requirement, ByteView packet) {
    ReceivedEncapsulation received = co_await peer.expect(
        requirement, about(EncapsulationType::Forwarded, client), stage.iut().timers.answer);
    const Encapsulation& header = received.header();
    stage.check_that(peer.self().has_forward_ip(header.destination.address), "SYS-2",
                     fmt::format("0x02 to a forward IP of {}", peer.self().name),
                     header.destination.address.to_string(), received.frame);
    stage.check("EP-21", "0x02 with Dest. Port", client.service().port, header.destination.port,
                received.frame);
    if (!std::ranges::equal(header.payload, packet)) {
        if (has_sent(stage.wire().capture(), header.payload)) {
            throw Violation({"EP-9", "the client's packets in the order of arrival",
                             "another one of them: " + describe(received.content), received.frame});
        }
        throw Violation(
            {"EP-21",
             "the client's packet unchanged: " + describe_difference(packet, header.payload),
             describe_difference(header.payload, packet), received.frame});
    }
    co_return std::move(received);
}

}  // namespace conform::endpoint
