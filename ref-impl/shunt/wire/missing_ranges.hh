// SPDX-License-Identifier: Apache-2.0
// The payload of 0x15: what of an endpoint's queues has not come (EP-41).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/endpoint_data.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::wire {

struct MissingRange {
    EndpointQueue queue = EndpointQueue::Send;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;

    bool operator==(const MissingRange&) const = default;
};

class MissingRanges {
  public:
    static constexpr std::size_t kRangeSize = 9;
    static constexpr std::size_t kRangesMax = 32;

    /// `view` is of Type 0x15 and outlives this. Fails if a queue is none of the six.
    static Result<MissingRanges, Counter> parse(const EncapsulationView& view);

    /// Writes a payload of 1 to kRangesMax ranges.
    static void append_to(Packet& packet, const MigrationId& id,
                          std::span<const MissingRange> ranges);

    MigrationId id() const { return MigrationId::load(payload_, 2); }
    std::size_t size() const { return ranges().size() / kRangeSize; }
    /// `index` is below size().
    MissingRange operator[](std::size_t index) const;

  private:
    explicit MissingRanges(ByteView payload) : payload_(payload) {}
    ByteView ranges() const { return payload_.subspan(2 + MigrationId::kSize); }
    ByteView payload_;
};

}  // namespace shunt::wire
