// SPDX-License-Identifier: Apache-2.0
// One number that stands for everything that was delivered, when, where and in what order: two
// runs with the same number were the same run.
#pragma once

#include <cstdint>
#include <string>

#include "shunt/base/bytes.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/ids.hh"

namespace shunt::sim {

/// Equal bytes have equal hashes, with every compiler; others hardly ever. Not keyed: for what
/// nobody forges.
std::uint64_t hash_bytes(ByteView bytes);

class TraceHash {
  public:
    void add(Instant time, SegmentId segment, HostId to, ByteView frame);
    std::uint64_t value() const { return value_; }
    /// 16 digits, lower case.
    std::string to_hex() const;

  private:
    std::uint64_t value_ = 0;
};

}  // namespace shunt::sim
