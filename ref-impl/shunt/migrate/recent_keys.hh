// SPDX-License-Identifier: Apache-2.0
// Keys that were seen lately: each is remembered for the same time, and at most so many of them.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>

#include "shunt/base/time.hh"

namespace shunt::migrate {

/// Keys are 64 keyed bits of what they stand for, so that nobody outside can make two collide.
class RecentKeys {
  public:
    RecentKeys(Duration memory, std::size_t capacity) : memory_(memory), capacity_(capacity) {}

    bool contains(std::uint64_t key, Instant now);
    bool has_room(Instant now);
    /// With no room the oldest key is forgotten before its time.
    void remember(std::uint64_t key, Instant now);
    void forget(std::uint64_t key) { until_.erase(key); }
    std::size_t size() const { return order_.size(); }

  private:
    struct Entry {
        std::uint64_t key;
        Instant until;
    };
    void forget_expired(Instant now);
    void forget_oldest();

    Duration memory_;
    std::size_t capacity_;
    std::deque<Entry> order_;  // by expiry: the memory is the same for all
    absl::flat_hash_map<std::uint64_t, Instant> until_;
};

}  // namespace shunt::migrate
