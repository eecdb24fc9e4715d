// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "One owner": what a home does in a farm without extensions (EP-18).
#include <fmt/format.h>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::Offer;
using std::chrono::milliseconds;

constexpr milliseconds kNotAgainFor{60'000};  // max(4 s, 2MSL)
constexpr milliseconds kTimerTolerance{1'000};

/// An endpoint that is moved right behind its handshake, by the operator: nothing is held.
struct Unbound {
    Client* client;
    Peer* peer;
    TcpSegment handshake_ack;
    Offer offer;
};

Task<Unbound> move_unbound(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    client.send(client.make_syn());
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    client.learn_handshake(
        (co_await client.expect("EP-2", syn_ack, stage.iut().timers.answer)).segment);
    const TcpSegment handshake_ack = client.make(tcp_flag::kAck);
    client.send(handshake_ack);
    co_await stage.upper_tester().migrate("EP-4", client, peer.self().name);
    Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), stage.iut().timers.answer));
    co_return Unbound{&client, &peer, handshake_ack, std::move(offer)};
}

Task<> handshake_ack_releases(Stage& stage) {
    const Unbound moved = co_await move_unbound(stage);
    co_await endpoint::acknowledge(stage, *moved.peer, moved.offer, 0);
    co_await endpoint::expect_forwarded(stage, *moved.client, *moved.peer, "EP-18",
                                        encode_tcp_packet(moved.handshake_ack));
    co_await endpoint::expect_still_forwarded(stage, *moved.client, *moved.peer, "EP-9");
}

/// A RST alone would end the endpoint unseen: the handshake's ACK goes before it.
Task<> handshake_ack_before_reset(Stage& stage) {
    const Unbound moved = co_await move_unbound(stage);
    const TcpSegment reset = moved.client->make(tcp_flag::kRst | tcp_flag::kAck);
    moved.client->send(reset);
    co_await endpoint::acknowledge(stage, *moved.peer, moved.offer, 0);
    const ReceivedEncapsulation first = co_await moved.peer->expect(
        "EP-18", endpoint::about(EncapsulationType::Forwarded, *moved.client),
        stage.iut().timers.answer);
    stage.check_that(first.header().payload == encode_tcp_packet(moved.handshake_ack), "EP-18",
                     "the client's handshake ACK before its RST", describe(first.content),
                     first.frame);
    co_await endpoint::expect_forwarded(stage, *moved.client, *moved.peer, "EP-18",
                                        encode_tcp_packet(reset));
}

/// The client asks on its connection for what selects the peer; the peer does not answer, and the
/// client leaves.
Task<> fall_back_and_leave(Stage& stage, Client& client, Peer& peer) {
    co_await endpoint::provoke_migration(stage, client, peer);
    const ReceivedSegment response =
        co_await client.expect("EP-6", {.flags = tcp_flag::kAck, .sequence = 1},
                               stage.iut().timers.fall_back + stage.iut().timers.answer);
    client.accept(response.segment);
    co_await endpoint::finish_response(stage, client);
    client.send(tcp_flag::kRst | tcp_flag::kAck);
    while (co_await peer.receive(milliseconds(10))) {
    }
}

Task<> tuple_not_offered_again(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Time offered = stage.wire().now();
    co_await fall_back_and_leave(stage, client, peer);

    Client& again = stage.open_successor(client);
    co_await again.connect("EP-18");
    again.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await again.expect("EP-18", {.flags = tcp_flag::kAck, .sequence = 1}, timers.answer);
    co_await peer.expect_silence("EP-18", "within 2MSL of an offer of this tuple",
                                 timers.silence / 4);
    co_await endpoint::finish_response(stage, again);
    again.send(tcp_flag::kRst | tcp_flag::kAck);

    // The twin: later it may be offered.
    co_await stage.sleep(offered + kNotAgainFor + kTimerTolerance - stage.wire().now());
    Client& later = stage.open_successor(again);
    co_await later.connect("EP-18");
    later.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await peer.expect("EP-18", endpoint::about(EncapsulationType::Connection, later),
                         timers.answer);
}

CaseInfo base_case(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "base"};
}

}  // namespace

std::vector<CaseInfo> endpoint_base_home_cases() {
    return {base_case("endpoint/base-home/handshake-ack-releases",
                      "A base home that holds nothing releases with the client's handshake ACK.",
                      {"EP-18", "EP-13"}, handshake_ack_releases),
            base_case("endpoint/base-home/handshake-ack-before-reset",
                      "Where a RST is held first the handshake ACK goes before it.", {"EP-18"},
                      handshake_ack_before_reset),
            base_case("endpoint/base-home/tuple-not-offered-again",
                      "A tuple is not offered again to a server that was offered it within 2MSL.",
                      {"EP-18"}, tuple_not_offered_again)};
}

}  // namespace conform
