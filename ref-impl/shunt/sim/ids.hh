// SPDX-License-Identifier: Apache-2.0
// The numbers by which a world knows its segments and hosts: given in order of creation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shunt::sim {

enum class SegmentId : std::uint8_t {};
enum class HostId : std::uint16_t {};

constexpr std::size_t index_of(SegmentId segment) {
    return static_cast<std::size_t>(segment);
}
constexpr std::size_t index_of(HostId host) {
    return static_cast<std::size_t>(host);
}

}  // namespace shunt::sim
