// SPDX-License-Identifier: Apache-2.0
// The handles that this node has given its processes: each hides where its object lives, and
// remembers why the object is gone (OBJ-1, OBJ-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

/// A local process that asks for objects, as whoever speaks with it numbers it; never 0.
using AskerId = std::uint64_t;

class ObjectHandles {
  public:
    /// Those of objects that are gone give way to new ones.
    static constexpr std::size_t kMax = 4'096;

    struct Handle {
        std::string class_name;
        ServerId server = 0;
        std::uint64_t object = 0;  // as its server calls it
        /// Released when it ends; 0: the object is kept.
        AskerId asker = 0;
        /// Why the object is gone; empty: it is not.
        std::string end;

        bool is_alive() const { return end.empty(); }
    };
    using Map = std::map<std::uint64_t, Handle>;

    explicit ObjectHandles(Rng rng) : rng_(rng) {}

    /// One that nobody has been given before, for all that chance allows. Nothing: there is no
    /// room.
    std::optional<std::uint64_t> add(Handle handle);
    /// Null if there is none.
    const Handle* find(std::uint64_t handle) const;
    /// Its object is gone, and `why` is not empty.
    void end(std::uint64_t handle, std::string_view why);
    void erase(std::uint64_t handle);
    bool has_room() const { return handles_.size() < kMax || !ended_.empty(); }
    const Map& all() const { return handles_; }

  private:
    void make_room();

    Rng rng_;
    Map handles_;
    std::deque<std::uint64_t> ended_;  // in that order
};

}  // namespace shunt::farm
