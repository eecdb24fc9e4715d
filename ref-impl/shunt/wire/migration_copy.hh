// SPDX-License-Identifier: Apache-2.0
// An attempt and the copy that came of it: the extended payload of acknowledgement (0x03), release
// (0x11) and go (0x14), docs/protocol/endpoint.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::wire {

struct MigrationCopy {
    static constexpr std::size_t kSize = 2 + MigrationId::kSize + 4;

    MigrationId id{};
    /// Drawn by the receiver of 0x01 each time it makes an endpoint from one.
    std::uint32_t copy = 0;

    /// `view` is of one of the three Types. Nothing if it is an acknowledgement of the base form.
    static std::optional<MigrationCopy> parse(const EncapsulationView& view);
    void append_to(Packet& packet) const;

    bool operator==(const MigrationCopy&) const = default;
};

}  // namespace shunt::wire
