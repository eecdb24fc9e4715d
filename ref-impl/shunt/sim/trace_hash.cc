// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/trace_hash.hh"

#include <fmt/format.h>

namespace shunt::sim {

void TraceHash::add(Instant time, SegmentId segment, HostId to, ByteView frame) {
    // The key of each delivery is the hash of all before it, so the order counts.
    const std::uint64_t place = (std::uint64_t{index_of(segment)} << 16) | index_of(to);
    const SipKey place_key{value_, place};
    std::uint8_t stamp[8];
    store_u64(stamp, 0, static_cast<std::uint64_t>(time.to_nanoseconds()));
    const SipKey frame_key{siphash_2_4(place_key, stamp), value_};
    value_ = siphash_2_4(frame_key, frame);
}

std::string TraceHash::to_hex() const {
    return fmt::format("{:016x}", value_);
}

}  // namespace shunt::sim
