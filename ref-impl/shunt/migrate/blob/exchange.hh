// SPDX-License-Identifier: Apache-2.0
// What the other servers say of connections that move as blobs, which the control channels bring,
// handed to the state machines that hear of encapsulated frames otherwise (docs/protocol/blob.md;
// ADR 0013).
#pragma once

#include <optional>

#include "shunt/farm/channel/control_channels.hh"
#include "shunt/migrate/blob/carrier.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/home_side.hh"
#include "shunt/migrate/endpoint/target_side.hh"
#include "shunt/wire/blob.hh"

namespace shunt::migrate::blob {

class Exchange {
  public:
    /// All of them outlive it; `context` has a carrier.
    Exchange(endpoint::Context& context, farm::ControlChannels& channels, endpoint::HomeSide& home,
             endpoint::TargetSide& target)
        : context_(context),
          carrier_(*context.blobs),
          channels_(channels),
          home_(home),
          target_(target) {}

    /// What one answer or request has changed.
    struct Heard {
        std::optional<Slot> touched{};
        /// It was the refusal of an attempt.
        std::optional<wire::RejectReason> refused{};
        /// The slot's endpoint has fallen back by it: another server may be tried (EP-6).
        bool has_fallen_back = false;
    };
    /// The next one; nothing: there is none.
    std::optional<Heard> hear(Instant now);
    /// There is a new channel to that server: what was lost with the one before goes again (BL-14,
    /// EP-46).
    void say_again(farm::ServerId peer, Instant now);

  private:
    void hear_commit_end(const Carrier::Ended& ended, const Flow& flow, Instant now);
    Heard hear_end(const Carrier::Ended& ended, Instant now);
    Heard hear_accepted(farm::ServerId host, const Flow& flow, wire::FlowId id, Instant now);
    Heard hear_refused(farm::ServerId host, const Flow& flow, wire::FlowId id,
                       wire::RejectReason reason, Instant now);
    Heard hear_lost(const Carrier::Ended& ended, const Flow& flow, Instant now);
    Heard hear_request(const farm::IncomingRequest& request, Instant now);
    Heard hear_of_unknown(const farm::IncomingRequest& request, wire::FlowId flow, Instant now);
    Heard hear_of_flow(const farm::IncomingRequest& request, const Flow& flow, wire::FlowId id,
                       Instant now);
    Heard hear_commit(const farm::RequestOrigin& origin, const Flow& flow,
                      const wire::MigrationCopy& named, Instant now);
    bool may_come_from(farm::ServerId peer, const wire::BlobMapping& mapping) const;
    Heard hear_blob(const farm::IncomingRequest& request, Instant now);
    Heard hear_moved_icmp(const farm::IncomingRequest& request, Instant now);
    Heard drop(Counter counter);

    endpoint::Context& context_;
    Carrier& carrier_;
    farm::ControlChannels& channels_;
    endpoint::HomeSide& home_;
    endpoint::TargetSide& target_;
};

}  // namespace shunt::migrate::blob
