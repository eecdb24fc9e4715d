// SPDX-License-Identifier: Apache-2.0
// The books of connections that leave a server by its own decision, in a drain or an overload
// (EP-43): which are under way, which could not go and why, which are still to be looked at. The
// node does the moving (shed_connections.cc).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"

namespace shunt::node {

/// When the node has its next turn with them, and how far it has looked.
struct SheddingTurns {
    Instant next;
    /// Of the walk over all rows, for what was not looked at.
    Instant next_walk;
    DeadlineHeap::Slot row = 0;
    std::size_t rows_since_found = 0;
    /// Of the load.
    Instant next_weighing;
    std::optional<Instant> overloaded_since;
};

class Shedding {
  public:
    using Slot = DeadlineHeap::Slot;

    /// `settings` outlives it.
    explicit Shedding(const farm::DrainSettings& settings) : settings_(settings) {}

    /// Everything is to leave, and those that come too, until end_drain().
    void begin_drain();
    /// What is under way goes on.
    void end_drain();
    bool is_draining() const { return is_draining_; }

    /// So many are to leave, each tried once; less than were to, if some are left of before.
    void begin_relief(std::size_t connections) { relief_ = connections; }
    void limit_relief(std::size_t connections);
    bool is_relieving() const { return relief_ > 0; }

    /// Connections have to be followed.
    bool is_active() const { return is_draining_ || relief_ > 0 || !trials_.empty(); }
    /// One more may begin to move.
    bool may_begin() const;

    /// It has been looked at: it is under way, or could not go.
    bool knows(Slot slot) const { return trials_.contains(slot); }
    bool is_under_way(Slot slot) const;
    /// It is under way to a server that nothing is heard of.
    bool is_stuck(Slot slot) const;
    /// How many knows() is true of; of them, those that have been under way from their home.
    std::size_t known() const { return trials_.size(); }
    std::size_t departing() const { return departing_; }
    /// How many are under way, but for those that are stuck.
    std::size_t under_way() const { return under_way_; }
    /// This round the server has not taken it.
    bool was_refused_by(Slot slot, farm::ServerId server) const;
    /// Why it has not gone, in words; null if nothing is known.
    const char* why(Slot slot) const;

    /// It moves to that server: from its home, or back to it.
    void begin(Slot slot, farm::ServerId to, bool is_return);
    /// What was under way has left.
    void finish(Slot slot);
    /// Nothing is heard of that server: what returns there waits on, and leaves its places to
    /// others.
    void free_places(farm::ServerId server, const char* why);
    /// What was under way stays, for that server has not taken it: elsewhere, at once.
    void stay(Slot slot, const char* why, Instant now);
    /// Nothing can be begun with it now; in a drain it is looked at again later.
    void wait(Slot slot, const char* why, Instant now);
    /// There is no such connection any more, or it leaves otherwise.
    void forget(Slot slot);

    /// One that waits and whose time has come.
    std::optional<Slot> pop_due(Instant now) { return retries_.pop_due(now); }
    std::optional<Instant> next_retry() const { return retries_.earliest(); }

    /// Connections that have left, and how often a server did not take one.
    std::uint64_t moved() const { return moved_; }
    std::uint64_t refused() const { return refused_; }

  private:
    struct Trial {
        bool is_under_way = false;
        bool is_return = false;
        bool has_place = false;  // of those that move at once
        farm::ServerId to = 0;
        const char* why = nullptr;
        std::vector<farm::ServerId> refusers;
    };

    void end_attempt(Trial& trial);
    void forget_waiting();

    const farm::DrainSettings& settings_;
    bool is_draining_ = false;
    std::size_t relief_ = 0;
    absl::flat_hash_map<Slot, Trial> trials_;
    std::size_t under_way_ = 0;  // with a place
    std::size_t departing_ = 0;
    DeadlineHeap retries_;
    std::uint64_t moved_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace shunt::node
