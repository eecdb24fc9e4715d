// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, EP-14 and EP-23: what a home believes of the owner of a connection that has moved
/// away.
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using endpoint::Departed;

constexpr std::uint16_t kUnknownEndpoint = 3;  // a reason of 0x10

/// EP-23: one that knows nothing of a tuple is asked about the attempt before the record goes.
Task<> unknown_owner_asked(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    peer.send(EncapsulationType::Reject,
              encode(Rejection{{client.service(), 0, 0}, kUnknownEndpoint}));
    const ReceivedEncapsulation asked = co_await peer.expect(
        "EP-23", endpoint::about(EncapsulationType::Go, client), stage.iut().timers.answer);
    stage.check_that(parse_identified_copy(asked.header().payload) == departed.identified(),
                     "EP-23", "0x14 with ID and copy of the record", to_hex(asked.header().payload),
                     asked.frame);
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-23");
    // Of just that it knows nothing: the record goes, and the client's next packet is a stray.
    peer.send(EncapsulationType::Reject, encode(Rejection{departed.offer.id(), kUnknownEndpoint}));
    co_await stage.cross_links();
    client.send(tcp_flag::kAck);
    co_await client.expect("EP-23", {.flags = tcp_flag::kRst}, stage.iut().timers.answer);
}

/// EP-14: reasons but 3 act on what is being offered alone.
Task<> late_refusal_ignored(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    constexpr std::uint16_t kReasons[] = {1, 2, 4, 5, 6, 7};
    for (const std::uint16_t reason : kReasons) {
        peer.send(EncapsulationType::Reject, encode(Rejection{departed.offer.id(), reason}));
        co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-14");
    }
    co_await client.expect_silence("EP-14", "after refusals of what has moved",
                                   stage.iut().timers.silence / 4);
}

CaseInfo owner_case(std::string_view id, std::string_view claim,
                    std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_owners_cases() {
    return {owner_case("endpoint/owners/unknown-owner-asked",
                       "An owner that knows nothing of a tuple is asked about the attempt; only "
                       "its answer to that ends the record.",
                       {"EP-23"}, unknown_owner_asked),
            owner_case("endpoint/owners/late-refusal-ignored",
                       "A refusal that comes after the acceptance changes nothing.", {"EP-14"},
                       late_refusal_ignored)};
}

}  // namespace conform
