// SPDX-License-Identifier: Apache-2.0
// What one server of a farm tells another of a connection: the frames of the endpoint profile, or
// what stands for them where connections move as blobs (ADR 0013).
#pragma once

#include <optional>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/reject.hh"

namespace shunt::migrate::endpoint {

class Messages {
  public:
    explicit Messages(Context& context) : context_(context) {}

    /// `payload` encapsulated, about the connection, to the server's forward IP for it (SYS-2).
    void send(farm::ServerId to, const wire::ConnectionTuple& tuple, wire::EncapsulationType type,
              Packet payload, Instant now);
    /// 0x03, 0x11, 0x14.
    void send_copy(wire::EncapsulationType type, farm::ServerId to,
                   const wire::ConnectionTuple& tuple, const wire::MigrationCopy& content,
                   Instant now);
    /// 0x10; in the base set silence (EP-7).
    void reject(farm::ServerId to, const wire::ConnectionTuple& tuple, const wire::MigrationId& id,
                wire::RejectReason reason, Instant now);
    /// Likewise; `flow`: of what has come as a blob.
    void reject(farm::ServerId to, const wire::ConnectionTuple& tuple, const wire::MigrationId& id,
                std::optional<wire::FlowId> flow, wire::RejectReason reason, Instant now);
    /// 0x02, in fragments if the packet may be cut and has to be (FRM-9). `flow`: of a connection
    /// that has moved as a blob.
    void forward(farm::ServerId to, const wire::ConnectionTuple& tuple,
                 std::optional<wire::FlowId> flow, Packet packet, Instant now);

    /// The connection that an answer is about: the forward IP that it came to tells the service
    /// (SYS-2). Nothing where that address belongs to none.
    std::optional<wire::ConnectionTuple> tuple_of_answer(const wire::EncapsulationView& view) const;

  private:
    wire::EncapsulationHeader header_towards(farm::ServerId to, const wire::ConnectionTuple& tuple,
                                             wire::EncapsulationType type) const;

    Context& context_;
};

}  // namespace shunt::migrate::endpoint
