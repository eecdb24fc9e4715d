// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Migration before an application is bound": the handshake.
#include <fmt/format.h>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

/// RFC 6298: 1 s initially, 3 s where a device is as careful as RFC 1122; and time to answer.
constexpr std::chrono::milliseconds kSynAckRepetition{3'500};
/// EP-6: silence towards the client is judged while the home still waits for its 0x03.
constexpr std::chrono::milliseconds kBeforeFallBack{150};

constexpr std::uint8_t kSynAck = tcp_flag::kSyn | tcp_flag::kAck;

Task<> syn_ack_before_migration(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const TestTimers& timers = stage.iut().timers;

    // EP-2: the home answers by itself.
    client.send(client.make_syn());
    const SegmentPattern syn_ack{.flags = kSynAck, .acknowledgment = 1};
    const ReceivedSegment first = co_await client.expect("EP-2", syn_ack, timers.answer);
    client.learn_handshake(first.segment);

    // EP-1: an endpoint stands behind it: it repeats the same SYN/ACK, and offers nothing to move.
    const ReceivedSegment second = co_await client.expect("EP-1", syn_ack, kSynAckRepetition);
    stage.check("EP-1", "repeated SYN/ACK with the sequence number", first.segment.sequence,
                second.segment.sequence, second.frame);
    client.send(tcp_flag::kAck);
    co_await peer.expect_silence("EP-4", "before the request has selected it", timers.silence);

    // EP-4: the request selects the peer; from then on the home says nothing more to the client.
    const std::size_t request =
        client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    const ReceivedEncapsulation offer_frame = co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), timers.answer);
    const endpoint::Offer offer = endpoint::take_offer(offer_frame);
    stage.check_that(first.frame < request && request < offer_frame.frame, "EP-2",
                     "SYN/ACK, request, 0x01 in this order",
                     fmt::format("frames {}, {}, {}", first.frame, request, offer_frame.frame),
                     offer_frame.frame);
    client.send(tcp_flag::kAck);
    co_await client.expect_silence("EP-4", "while the connection is migrating",
                                   timers.fall_back - kBeforeFallBack);

    // The twin of that silence: the acknowledged migration goes on, and the device is alive.
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client),
                         timers.answer, EncapsulationType::Connection);
}

}  // namespace

std::vector<CaseInfo> endpoint_handshake_cases() {
    return {{"endpoint/handshake/syn-ack-before-migration",
             "The home answers SYN/ACK itself, and offers the connection to another server only "
             "after handshake and request.",
             {"EP-1", "EP-2", "EP-4"},
             "endpoint",
             "home",
             syn_ack_before_migration}};
}

}  // namespace conform
