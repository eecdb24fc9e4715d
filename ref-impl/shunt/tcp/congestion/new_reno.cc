// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/congestion/new_reno.hh"

#include <algorithm>

namespace shunt::tcp::congestion {

std::uint32_t NewReno::grow(const Acknowledged& acknowledged, std::uint32_t window) {
    if (!acknowledged.was_limiting) return 0;
    counted_ += acknowledged.count;
    if (counted_ < window) return 0;
    counted_ -= window;
    return acknowledged.segment_size;
}

std::uint32_t NewReno::reduce(std::uint32_t, std::uint32_t flight_size,
                              std::uint32_t segment_size) {
    counted_ = 0;
    return std::max(flight_size / 2, 2 * segment_size);
}

}  // namespace shunt::tcp::congestion
