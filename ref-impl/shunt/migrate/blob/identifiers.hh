// SPDX-License-Identifier: Apache-2.0
// Flow identifiers, which stand for a connection between two servers: those that this server gives,
// and the encapsulation mapping table of those that it was given (docs/protocol/blob.md, BL-10,
// BL-12; S001 c9, c19-c20). Between the same two there is one of a number, whoever gave it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/migration_id.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate::blob {

/// Whose counter an identifier is of.
enum class Giver : std::uint8_t { Self, Peer };

/// What an identifier stands for: one attempt to move a connection, and what that became.
struct Flow {
    Giver giver = Giver::Self;
    wire::ConnectionTuple tuple;
    wire::MigrationId attempt;
    /// False: it has ended, within the last 2MSL.
    bool is_live = true;

    bool operator==(const Flow&) const = default;
};

/// The first that is possible behind `id`, round the end.
wire::FlowId following(wire::FlowId id);

class Identifiers {
  public:
    /// One that is live; ended when it dies. What gave it outlives it.
    class Lease {
      public:
        Lease(Lease&& other) noexcept
            : all_(std::exchange(other.all_, nullptr)), key_(other.key_) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(all_, other.all_);
            std::swap(key_, other.key_);
            return *this;
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (all_ != nullptr) all_->end(key_);
        }
        wire::FlowId id() const { return key_.id; }

      private:
        friend class Identifiers;
        struct Key {
            farm::ServerId peer = 0;
            wire::FlowId id;
            bool operator==(const Key&) const = default;
            template <typename H>  // NOLINTNEXTLINE(readability-identifier-naming): absl's name
            friend H AbslHashValue(H state, const Key& key) {
                return H::combine(std::move(state), key.peer, key.id.value());
            }
        };
        Lease(Identifiers& all, const Key& key) : all_(&all), key_(key) {}
        Identifiers* all_;
        Key key_;
    };

    /// `memory`: how long one that has ended is neither given again nor forgotten (2MSL);
    /// `capacity`: of all, those that have ended too.
    Identifiers(Rng& rng, Duration memory, std::size_t capacity)
        : rng_(rng), memory_(memory), capacity_(capacity) {}
    Identifiers(const Identifiers&) = delete;
    Identifiers& operator=(const Identifiers&) = delete;

    /// To be called before whatever may end one. Forgets those that ended long ago.
    void advance(Instant now);

    /// There is room for one more (SEC-5).
    bool has_room() const { return entries_.size() < capacity_; }
    /// The next one for that host, of those that neither of the two has given; nothing: there is no
    /// room.
    std::optional<Lease> give(farm::ServerId host, const wire::ConnectionTuple& tuple,
                              const wire::MigrationId& attempt);
    /// The one that a forwarder has chosen; nothing: between the two it is live or ended just now,
    /// or there is no room.
    std::optional<Lease> take(farm::ServerId forwarder, wire::FlowId id,
                              const wire::ConnectionTuple& tuple, const wire::MigrationId& attempt);
    /// Nothing also where it ended 2MSL ago.
    std::optional<Flow> find(farm::ServerId peer, wire::FlowId id) const;
    std::size_t size() const { return entries_.size(); }

  private:
    using Key = Lease::Key;
    void end(const Key& key);
    std::optional<Lease> place(const Key& key, const Flow& flow);

    Rng& rng_;
    Duration memory_;
    std::size_t capacity_;
    Instant now_;
    absl::flat_hash_map<Key, Flow> entries_;
    absl::flat_hash_map<farm::ServerId, wire::FlowId> last_;  // by host
    std::deque<std::pair<Instant, Key>> ended_;               // in order of being forgotten
};

}  // namespace shunt::migrate::blob
