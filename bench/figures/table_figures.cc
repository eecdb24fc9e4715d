// SPDX-License-Identifier: Apache-2.0
// Finding a connection among very many, and the deadlines of those few that have one.
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bench/figures/figures.hh"
#include "bench/turns.hh"
#include "shunt/base/assert.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/rng.hh"
#include "shunt/migrate/connection_tables.hh"

namespace shunt::bench {
namespace {

using migrate::ConnectionTables;
using wire::ConnectionTuple;

constexpr SipKey kKey{0x0706'0504'0302'0100, 0x0F0E'0D0C'0B0A'0908};

struct SameHash {
    std::size_t operator()(const ConnectionTuple& tuple) const {
        return static_cast<std::size_t>(tuple.hash(kKey));
    }
};

/// Tuples with uniformly random clients and ports, all different.
std::vector<ConnectionTuple> random_tuples(std::size_t count, Rng& rng) {
    absl::flat_hash_map<ConnectionTuple, bool, SameHash> seen;
    std::vector<ConnectionTuple> tuples;
    while (tuples.size() < count) {
        ConnectionTuple tuple;
        tuple.client = wire::Ipv4Address(rng.next_u32());
        tuple.client_port = static_cast<std::uint16_t>(rng.next_u32());
        tuple.service = wire::Ipv4Address(10, 7, 1, 1);
        tuple.service_port = 80;
        if (seen.emplace(tuple, true).second) tuples.push_back(tuple);
    }
    return tuples;
}

void shuffle(std::vector<ConnectionTuple>& tuples, Rng& rng) {
    for (std::size_t i = tuples.size(); i > 1; --i)
        std::swap(tuples[i - 1], tuples[rng.below(i)]);
}

/// As large as our row.
struct Object {
    ConnectionTuple tuple;
    std::uint64_t kind = 0;
    std::uint64_t more = 0;
};

/// The node's tables and the named ones, with the same connections.
struct Demultiplexers {
    explicit Demultiplexers(std::size_t count)
        : tables(kKey, {count, count, count, count}), rng(1) {
        tuples = random_tuples(count, rng);
        for (const ConnectionTuple& tuple : tuples) {
            const migrate::Slot slot = tables.insert(tuple, migrate::ForwardEntry{});
            named.emplace(tuple, slot);
            pointers.emplace(tuple, std::make_unique<Object>(Object{tuple, slot, 0}));
        }
        shuffle(tuples, rng);
    }

    /// The keys in turn, whoever asks: no turn looks the same ones up again.
    const ConnectionTuple& next() {
        index = index + 1 == tuples.size() ? 0 : index + 1;
        return tuples[index];
    }

    ConnectionTables tables;
    absl::flat_hash_map<ConnectionTuple, migrate::Slot, SameHash> named;
    absl::flat_hash_map<ConnectionTuple, std::unique_ptr<Object>, SameHash> pointers;
    std::vector<ConnectionTuple> tuples;  // in another order than they were inserted
    Rng rng;
    std::size_t index = 0;
};

Loop our_lookups(const std::shared_ptr<Demultiplexers>& world) {
    return [world](benchmark::State& state) {
        for (auto _ : state) {
            const auto slot = world->tables.find(world->next());
            if (!slot) return state.SkipWithError("a connection is missing");
            benchmark::DoNotOptimize(world->tables.at(*slot).table());
        }
    };
}

/// A quick look takes as many: with a few thousand one table fits into a cache and the other does
/// not, and the ratio would be of the machine's caches.
constexpr std::size_t kDemultiplexed = 1'000'000;

Samples demultiplex(const Effort& effort) {
    const auto world = std::make_shared<Demultiplexers>(kDemultiplexed);
    const auto named = [world](benchmark::State& state) {
        for (auto _ : state) {
            const auto entry = world->named.find(world->next());
            if (entry == world->named.end()) return state.SkipWithError("an entry is missing");
            benchmark::DoNotOptimize(entry->second);
        }
    };
    return take_turns(our_lookups(world), named, effort);
}

Samples demultiplex_to_record(const Effort& effort) {
    const auto world = std::make_shared<Demultiplexers>(kDemultiplexed);
    const auto named = [world](benchmark::State& state) {
        for (auto _ : state) {
            const auto entry = world->pointers.find(world->next());
            if (entry == world->pointers.end()) return state.SkipWithError("an entry is missing");
            benchmark::DoNotOptimize(entry->second->kind);
        }
    };
    return take_turns(our_lookups(world), named, effort);
}

constexpr std::size_t kActive = 1'000;

/// Connections that are active: each operation arms one's deadline, moves another's, disarms a
/// third's, and takes what has come due.
class ActiveTimers {
  public:
    /// Active slots lie scattered among `idle` others. Those have a deadline two hours ahead, as
    /// records of moved connections do (EP-31), or none, as established endpoints.
    ActiveTimers(std::size_t idle, bool is_idle_armed) {
        const std::size_t stride = idle / kActive + 1;
        for (std::size_t i = 0; i < kActive * stride; ++i) {
            const auto slot = static_cast<DeadlineHeap::Slot>(i);
            const bool is_active = i % stride == 0;
            if (is_active) active_.push_back(slot);
            if (!is_active && !is_idle_armed) continue;
            const auto spread = static_cast<std::int64_t>(rng_.below(kSpread));
            heap_.set(slot, now_ + kIdle + Duration::nanoseconds(spread));
        }
        for (const DeadlineHeap::Slot slot : active_)
            heap_.set(slot, now_ + random_timeout());
    }

    void step() {
        now_ = now_ + Duration::microseconds(20);
        heap_.set(active_[rng_.below(kActive)], now_ + random_timeout());
        heap_.set(active_[rng_.below(kActive)], now_ + random_timeout());
        heap_.set(active_[rng_.below(kActive)], std::nullopt);
        while (const auto slot = heap_.pop_due(now_))
            heap_.set(*slot, now_ + random_timeout());
    }

  private:
    static constexpr Duration kIdle = Duration::seconds(2 * 60 * 60);
    static constexpr std::uint64_t kSpread = 3'600'000'000'000;  // an hour

    Duration random_timeout() {
        return Duration::milliseconds(40) +
               Duration::microseconds(static_cast<std::int64_t>(rng_.below(160'000)));
    }

    DeadlineHeap heap_;
    std::vector<DeadlineHeap::Slot> active_;
    Instant now_ = Instant::from_nanoseconds(1);
    Rng rng_{2};
};

Loop steps_of(const std::shared_ptr<ActiveTimers>& timers) {
    return [timers](benchmark::State& state) {
        for (auto _ : state)
            timers->step();
    };
}

Samples timers_among_idle(const Effort& effort) {
    return take_turns(steps_of(std::make_shared<ActiveTimers>(effort.connections, false)),
                      steps_of(std::make_shared<ActiveTimers>(0, false)), effort);
}

Samples timers_among_armed(const Effort& effort) {
    return take_turns(steps_of(std::make_shared<ActiveTimers>(effort.connections, true)),
                      steps_of(std::make_shared<ActiveTimers>(0, false)), effort);
}

}  // namespace

std::vector<Figure> table_figures() {
    return {
        {.name = "demux-million",
         .ours = "the record of a connection found by its tuple among 1,000,000, uniform random",
         .named = "absl::flat_hash_map 20220623, same SipHash-2-4, same keys, to a number",
         .unit = "ns",
         .limit = 1.5,
         .measure = demultiplex},
        {.name = "demux-record",
         .ours = "the same",
         .named = "the same map to pointers, and the object read, as ours is",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = demultiplex_to_record},
        {.name = "timers-idle-million",
         .ours =
             "deadlines armed, moved, disarmed, taken when due: 1,000 active among 1,000,000 idle",
         .named = "the same among none",
         .unit = "ns",
         .limit = 1.2,
         .measure = timers_among_idle},
        {.name = "timers-armed-million",
         .ours = "the same among 1,000,000 that have a deadline in two hours",
         .named = "the same among none",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = timers_among_armed},
    };
}

}  // namespace shunt::bench
