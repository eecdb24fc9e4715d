// SPDX-License-Identifier: Apache-2.0
// What of a connection belongs to its IP layer: section 3 of a blob (docs/protocol/blob.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"

namespace shunt::wire {

/// Of the next packet to the client.
struct IpState {
    static constexpr std::size_t kSize = 6;

    std::uint8_t time_to_live = 64;
    std::uint8_t type_of_service = 0;
    /// 0: not known.
    std::uint16_t path_mtu = 0;
    std::uint16_t identification = 0;

    /// Reads kSize bytes, which are there.
    static IpState load(ByteView bytes) {
        return {.time_to_live = load_u8(bytes, 0),
                .type_of_service = load_u8(bytes, 1),
                .path_mtu = load_u16(bytes, 2),
                .identification = load_u16(bytes, 4)};
    }
    /// Writes kSize bytes.
    void store(MutableBytes bytes) const {
        store_u8(bytes, 0, time_to_live);
        store_u8(bytes, 1, type_of_service);
        store_u16(bytes, 2, path_mtu);
        store_u16(bytes, 4, identification);
    }

    bool operator==(const IpState&) const = default;
};

}  // namespace shunt::wire
