// SPDX-License-Identifier: Apache-2.0
// The 14 bytes that name one attempt to move one connection (docs/protocol/endpoint.md, ID).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

struct MigrationId {
    static constexpr std::size_t kSize = 14;

    Ipv4Address service{};
    std::uint16_t service_port = 0;
    /// iss of the control block, 0 for UDP; identifies, is never compared for order.
    SequenceNumber initial_send_sequence{};
    /// Of the control block; for UDP the flow number. Compared modulo 2^32.
    std::uint32_t epoch = 0;

    /// Reads kSize bytes at `offset`, which the caller has checked to be there.
    static MigrationId load(ByteView bytes, std::size_t offset);
    void store(MutableBytes bytes, std::size_t offset) const;

    bool operator==(const MigrationId&) const = default;
};

}  // namespace shunt::wire
