// SPDX-License-Identifier: Apache-2.0
/// Steps that several cases of the endpoint profile share, with the device as home.
#pragma once

#include "roles/stage.hh"

namespace conform::endpoint {

/// A migration that the device has offered: its 0x01, taken apart.
struct Offer {
    ReceivedEncapsulation frame;
    ConnectionInformation information;

    MigrationId id() const {
        return {information.service, information.block.iss, information.block.epoch};
    }
};

/// The pattern of a frame about `client` to a forward address of `peer`'s.
EncapsulationPattern about(EncapsulationType type, const Client& client);

/// Handshake done by the home itself (EP-2), a request that selects the peer sent: the 0x01 that
/// must come then (EP-4). `request` is the number of the request's frame.
Task<Offer> provoke_migration(Stage& stage, Client& client, Peer& peer);

/// Takes a received 0x01 apart; throws Violation of FRM-5 where it is no whole connection.
Offer take_offer(ReceivedEncapsulation frame);

/// Payload of the 0x03 that answers `offer`: ID and copy in an ext farm, nothing in a base farm.
Bytes acknowledgement_for(const Stage& stage, const Offer& offer, std::uint32_t copy);

/// Sends 0x03 and waits for the release: ext 0x14 with the same ID and copy (EP-16); in a base farm
/// the first 0x02 releases, and is left for the case to expect.
Task<> acknowledge(Stage& stage, Peer& peer, const Offer& offer, std::uint32_t copy);

/// A connection that has moved to `peer`: its 0x01, and the copy that was released.
struct Departed {
    Offer offer;
    std::uint32_t copy = 0;

    IdentifiedCopy identified() const { return {offer.id(), copy}; }
};

/// Handshake, request, 0x01, 0x03, release; the request has come as 0x02. From then on every packet
/// of the client's is forwarded.
Task<Departed> move_away(Stage& stage, Client& client, Peer& peer);

/// The client sends an ACK, which is forwarded: the connection is still the peer's.
Task<> expect_still_forwarded(Stage& stage, Client& client, Peer& peer, const char* requirement);

/// After so long without a segment a short response is over.
Duration response_pause(const Stage& stage);

/// Nothing but what the client has acknowledged, which its sender had not heard of when it sent it
/// again: a judge that is late for milliseconds gets such ones (RFC 8985 7).
bool has_crossed(const Client& client, const TcpSegment& segment);

/// The response to a request that a client of the device has sent, from its first byte on.
Task<> expect_local_response(Stage& stage, Client& client);
/// Takes what is left of a response, and acknowledges it.
Task<> finish_response(Stage& stage, Client& client);
/// A request that the device answers itself, and its response.
Task<> exchange_locally(Stage& stage, Client& client);

/// Notes a finding unless `received`, a 0x10, names `id` and `reason`.
void check_reject(Stage& stage, const char* requirement, const ReceivedEncapsulation& received,
                  const MigrationId& id, std::uint16_t reason);

/// The next 0x02 to the peer must carry exactly `packet`; throws Violation of `requirement` where
/// none comes, of EP-9 where another packet of the client's is before it, of EP-21 where it is
/// changed.
Task<ReceivedEncapsulation> expect_forwarded(Stage& stage, Client& client, Peer& peer,
                                             const char* requirement, ByteView packet);

}  // namespace conform::endpoint
