// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Moving an endpoint that is in use": return and onward, with the device as home
/// (EP-45, EP-47).
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/image.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::Offer;
using std::chrono::milliseconds;

constexpr std::uint16_t kUnknownEndpoint = 3;  // reasons of 0x10
constexpr std::uint16_t kMalformedState = 5;

/// A large response that began at the device; the connection is the peer's now.
struct Away {
    Client* client;
    Peer* peer;
    Bytes flight;  ///< what the client has got of the response
    Image image;   ///< as the device let it go
    std::uint32_t copy = 0;

    /// The attempt to return that comes `steps` after the one it moved with.
    Image returning(std::uint32_t steps = 1) const {
        Image back = image;
        back.information.block.epoch += steps;
        return back;
    }
    void send_back(const Image& back) const {
        endpoint::send_connection(*peer, back);
        endpoint::send_queues(*peer, back);
    }
};

Task<Away> go_away(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client));
    Bytes flight = co_await endpoint::take_flight(stage, client);
    co_await stage.upper_tester().migrate("EP-40", client, peer.self().name);
    const Offer offer = endpoint::take_offer(
        co_await peer.expect("EP-41", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
    Image image = co_await endpoint::take_image(stage, peer, offer);
    const std::uint32_t copy = stage.random().next_u32();
    // What the client got again before it moved is no matter of what follows.
    for (bool has_more = true; has_more;) {
        const auto repeated = co_await client.receive(Duration::zero());
        has_more = repeated.has_value();
    }
    co_await endpoint::acknowledge(stage, peer, offer, copy);
    while (co_await peer.receive(milliseconds(5))) {
    }
    co_return Away{&client, &peer, std::move(flight), std::move(image), copy};
}

/// The home takes it back: its 0x03 for this return.
Task<> expect_taken_back(Stage& stage, const Away& away, const Image& back) {
    const ReceivedEncapsulation taken = co_await away.peer->expect(
        "EP-45", endpoint::about(EncapsulationType::Acknowledgement, *away.client),
        stage.iut().timers.answer);
    const auto identified = parse_identified_copy(taken.header().payload);
    stage.check_that(
        identified && identified->id == back.id(), "EP-45", "0x03 for " + back.id().to_string(),
        identified ? identified->id.to_string() : to_hex(taken.header().payload), taken.frame);
}

/// The client has its response, to the last byte, from the device.
Task<> expect_rest_of_response(Stage& stage, const Away& away) {
    Client& client = *away.client;
    client.accept_payload(away.flight);
    client.send(tcp_flag::kAck);
    co_await endpoint::take_response(stage, client, "EP-48", away.flight);
    co_await endpoint::exchange_locally(stage, client);
}

Task<> comes_back(Stage& stage) {
    const Away away = co_await go_away(stage);
    const Image back = away.returning();
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    // The last accepted one again: 0x03 again, and nothing else changes.
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    co_await expect_rest_of_response(stage, away);
}

/// The home refuses `back`, which comes from the owner, and its record stays as it is.
Task<> expect_refused(Stage& stage, const Away& away, const Image& back, std::uint16_t reason) {
    away.send_back(back);
    const ReceivedEncapsulation refused = co_await away.peer->expect(
        "EP-45", endpoint::about(EncapsulationType::Reject, *away.client),
        stage.iut().timers.answer);
    endpoint::check_reject(stage, "EP-45", refused, back.id(), reason);
    while (co_await away.peer->receive(milliseconds(5))) {
    }
    co_await endpoint::expect_still_forwarded(stage, *away.client, *away.peer, "EP-45");
}

Task<> wrong_return_refused(Stage& stage) {
    const Away away = co_await go_away(stage);
    co_await expect_refused(stage, away, away.returning(0), kUnknownEndpoint);
    co_await expect_refused(stage, away, away.returning(2), kUnknownEndpoint);
    Image other = away.returning();
    ++other.information.block.iss;
    co_await expect_refused(stage, away, other, kUnknownEndpoint);
    other = away.returning();
    ++other.information.block.irs;
    co_await expect_refused(stage, away, other, kUnknownEndpoint);
    // None of them has spent the epoch that is due.
    const Image back = away.returning();
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    co_await expect_rest_of_response(stage, away);
}

/// A return that was refused is remembered: the next one has the epoch after it.
Task<> refused_epoch_is_spent(Stage& stage) {
    const Away away = co_await go_away(stage);
    Image malformed = away.returning();
    malformed.information.block.t_state = 1;
    co_await expect_refused(stage, away, malformed, kMalformedState);
    away.send_back(away.returning());
    const ReceivedEncapsulation refused = co_await away.peer->expect(
        "EP-45", endpoint::about(EncapsulationType::Reject, *away.client),
        stage.iut().timers.answer);
    stage.check_that(refused.header().is(EncapsulationType::Reject), "EP-45",
                     "every repetition of a refused epoch refused", "not", refused.frame);
    while (co_await away.peer->receive(milliseconds(5))) {
    }
    const Image back = away.returning(2);
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    co_await expect_rest_of_response(stage, away);
}

/// SEC-12: 0x01 for a service of the home's comes from the recorded owner alone.
Task<> return_of_a_stranger_refused(Stage& stage) {
    const Away away = co_await go_away(stage);
    Peer& stranger = stage.open_peer(*away.client, 1);
    const Image back = away.returning();
    endpoint::send_connection(stranger, back);
    endpoint::send_queues(stranger, back);
    while (const auto received = co_await stranger.receive(stage.iut().timers.silence / 4)) {
        stage.check_that(!received->header().is(EncapsulationType::Acknowledgement), "EP-45",
                         "no 0x03 for a server that is not the owner", "0x03", received->frame);
    }
    co_await endpoint::expect_still_forwarded(stage, *away.client, *away.peer, "EP-45");
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    co_await expect_rest_of_response(stage, away);
}

/// EP-27: what a former owner sends back is processed here, never forwarded and never reset.
Task<> former_owner_sends_back(Stage& stage) {
    const Away away = co_await go_away(stage);
    Client& client = *away.client;
    client.accept_payload(away.flight);
    const TcpSegment early = client.make(tcp_flag::kAck);
    // While it is forwarded, what its owner sends back belongs to nobody.
    away.peer->send(EncapsulationType::Forwarded, encode_tcp_packet(early));
    co_await away.peer->expect_silence("EP-27", "for a 0x02 that came back",
                                       stage.iut().timers.silence / 4);
    co_await client.expect_silence("EP-27", "for a 0x02 that came back", Duration::zero());

    const Image back = away.returning();
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    // The acknowledgment comes the long way; the response goes on.
    away.peer->send(EncapsulationType::Forwarded, encode_tcp_packet(early));
    co_await endpoint::take_response(stage, client, "EP-27", away.flight);
    co_await endpoint::exchange_locally(stage, client);
}

/// EP-47: back, then away to a third server, with the epoch after that of the return.
Task<> onward(Stage& stage) {
    const Away away = co_await go_away(stage);
    Client& client = *away.client;
    Peer& third = stage.open_peer(client, 1);
    const Image back = away.returning();
    away.send_back(back);
    co_await expect_taken_back(stage, away, back);
    co_await stage.upper_tester().migrate("EP-47", client, third.self().name);
    const Offer offer = endpoint::take_offer(
        co_await third.expect("EP-47", endpoint::about(EncapsulationType::Connection, client),
                              stage.iut().timers.answer));
    const std::uint32_t wanted = back.information.block.epoch + 1;
    stage.check("EP-47", "epoch", wanted, offer.information.block.epoch, offer.frame.frame);
    const Image image = co_await endpoint::take_image(stage, third, offer);
    const Bytes queue = image.queue(endpoint_queue::kSend);
    stage.check_that(queue.size() >= away.flight.size() &&
                         std::equal(away.flight.begin(), away.flight.end(), queue.begin()),
                     "EP-48", "the bytes that are unacknowledged, moved twice", to_hex(queue, 16),
                     offer.frame.frame);
    co_await endpoint::acknowledge(stage, third, offer, stage.random().next_u32());
    while (co_await third.receive(milliseconds(5))) {
    }
    co_await endpoint::expect_still_forwarded(stage, client, third, "EP-47");
}

CaseInfo return_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_returns_cases() {
    return {
        return_case("endpoint/returns/comes-back",
                    "The owner gives the connection back with the next epoch; the client gets the "
                    "rest of its response.",
                    {"EP-45", "EP-48"}, comes_back),
        return_case("endpoint/returns/wrong-return-refused",
                    "A return with another epoch, iss or irs is refused with reason 3, and the "
                    "record stays.",
                    {"EP-45", "EP-48"}, wrong_return_refused),
        return_case("endpoint/returns/refused-epoch-is-spent",
                    "A return that was refused stays refused; the next one has the next epoch.",
                    {"EP-45", "EP-46"}, refused_epoch_is_spent),
        return_case("endpoint/returns/return-of-a-stranger-refused",
                    "A return from another member than the owner takes nothing back.",
                    {"EP-45", "SEC-12"}, return_of_a_stranger_refused),
        return_case("endpoint/returns/former-owner-sends-back",
                    "A 0x02 that comes back is processed where the connection is, never forwarded "
                    "and never reset.",
                    {"EP-27", "SEC-8"}, former_owner_sends_back),
        return_case("endpoint/returns/onward",
                    "Onward to a third server goes by the home, with an epoch of its own.",
                    {"EP-47", "EP-48"}, onward)};
}

}  // namespace conform
