// SPDX-License-Identifier: Apache-2.0
// Why an attempt to move a connection is refused: the payload of 0x10 (docs/protocol/endpoint.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::wire {

enum class RejectReason : std::uint16_t {
    NoListener = 1,
    Full = 2,
    UnknownEndpoint = 3,
    Draining = 4,
    MalformedState = 5,
    TupleInUse = 6,
    Void = 7,
};

struct RejectMessage {
    static constexpr std::size_t kSize = 2 + MigrationId::kSize + 2;

    MigrationId id{};
    RejectReason reason = RejectReason::NoListener;

    /// `view` is of Type 0x10. Fails if the reason is none of the seven.
    static Result<RejectMessage, Counter> parse(const EncapsulationView& view);
    void append_to(Packet& packet) const;

    bool operator==(const RejectMessage&) const = default;
};

}  // namespace shunt::wire
