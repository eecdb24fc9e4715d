// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/move_in_use.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/adversity.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/mover.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 60;
constexpr std::size_t kMovesOfOne = 1'000;
constexpr Duration kSpacing = Duration::milliseconds(20);
// From FarmWorld::begin() on.
constexpr Duration kFirstTrouble = Duration::milliseconds(100);
constexpr Duration kLastTrouble = Duration::seconds(4);
constexpr Duration kHealed = Duration::seconds(5);
constexpr Duration kBound = Duration::seconds(150);
constexpr DefectOdds kDefects = {.loss = 15, .repetition = 50};
constexpr TroubleOdds kTroubleOdds = {.pauses = 6, .crashes = 12, .bad_clocks = 6, .swizzles = 2};

FarmWorldConfig farm_of_three(const ScenarioOptions& options, farm::Profile profile) {
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(3);
    config.farm.farm.has_extensions = true;
    for (farm::Listen& listen : config.farm.listens)
        listen.profile = profile;
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front.delay = config.back.delay = Duration::microseconds(100);
    return config;
}

/// Downloads that outlast several moves, half of them with uploads in the other direction.
ConnectionPlan draw_long_plan(Rng& rng, std::size_t number) {
    ConnectionPlan plan = draw_plan(rng, number, kSpacing);
    for (std::uint64_t& size : plan.sizes)
        size = draw_magnitude(rng, 12, 20);
    const bool uploads = rng.chance({1, 2});
    plan.upload_size = uploads ? draw_magnitude(rng, 10, 18) : 0;
    return plan;
}

/// Slow enough that queues are long when a connection moves.
void draw_rate(Rng& rng, FaultPlan& plan) {
    const bool is_limited = rng.chance({1, 2});
    const std::uint64_t rate = draw_magnitude(rng, 20, 25);
    if (is_limited) plan.rate = rate;
}

/// Where nothing is lost, a sender that stays silent for a timeout's time has waited for one.
class SilenceObserver final : public Observer {
  public:
    explicit SilenceObserver(Observer* next) : next_(next) {}

    void observe(const Transmission& transmission) override {
        if (next_ != nullptr) next_->observe(transmission);
        if (last_ && transmission.time - *last_ > longest_) {
            longest_ = transmission.time - *last_;
            longest_at_ = *last_;
        }
        last_ = transmission.time;
    }
    void observe(const Arrival& arrival) override {
        if (next_ != nullptr) next_->observe(arrival);
    }
    void observe(const Settling& settling) override {
        if (next_ != nullptr) next_->observe(settling);
    }
    /// What was until now does not count.
    void begin() {
        last_.reset();
        longest_ = {};
    }
    Duration longest() const { return longest_; }
    Instant longest_at() const { return longest_at_; }

  private:
    Observer* next_;
    std::optional<Instant> last_;
    Duration longest_;
    Instant longest_at_;
};

/// Of farms that move connections as blobs: that is what they have done, there and back.
void demand_blobs(FarmWorld& world, const Mover& mover, farm::Profile profile) {
    constexpr std::uint64_t enough = 20;
    if (profile != farm::Profile::Blob) return;
    // Where servers crash, or do not hear each other, nobody may come home.
    const bool must_return = mover.begun() >= enough && !world.has_troubles();
    world.demand_blobs(mover.begun() / 2, must_return ? 1 : 0);
}

ScenarioResult play_in_use(const ScenarioOptions& options, farm::Profile profile) {
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_three(options, profile);
    draw_rate(rng, config.front);
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_long_plan(rng, i));
    FarmWorld world(std::move(config));
    Mover mover(world, rng.next_u64());
    const Instant limit = world.world().now() + kBound;
    mover.move_many(connections, Duration::milliseconds(2), limit);
    world.run(limit);
    world.demand_base_line();
    demand_blobs(world, mover, profile);
    return world.result();
}

ScenarioResult play_in_use_faults(const ScenarioOptions& options, farm::Profile profile) {
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_three(options, profile);
    draw_defects(rng, options, kDefects, config.front);
    draw_defects(rng, options, kDefects, config.back);
    draw_rate(rng, config.front);
    draw_rate(rng, config.back);
    const bool is_front_spared = rng.chance({1, 2});
    (is_front_spared ? config.front : config.back).corruption = Ratio{};
    config.front.marking = draw_ratio(rng, 20);
    config.do_clients_ask_for_ecn = rng.chance({1, 2});
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_long_plan(rng, i));
    FarmWorld world(std::move(config));
    draw_troubles(world, rng, kTroubleOdds,
                  {world.begin() + kFirstTrouble, world.begin() + kLastTrouble});
    Mover mover(world, rng.next_u64());
    mover.move_many(connections, Duration::milliseconds(5), world.begin() + kHealed);
    world.heal();
    const Instant limit = world.world().now() + kBound;
    world.run(limit);
    if (world.crashes() == 0) world.demand_base_line();
    demand_blobs(world, mover, profile);
    return world.result();
}

ScenarioResult play_again(const ScenarioOptions& options, farm::Profile profile) {
    constexpr Duration timeout_min = Duration::milliseconds(200);
    constexpr std::uint64_t object = 512 * 1024;
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_three(options, profile);
    const bool is_lossless = !options.loss && options.seed % 2 == 1;
    if (!is_lossless) draw_defects(rng, options, kDefects, config.front);
    config.front.corruption = Ratio{};
    config.front.rate = draw_magnitude(rng, 23, 26);
    ConnectionPlan plan;
    plan.sizes.assign(4'000, object);
    plan.upload_size = object / 4;
    plan.is_pipelined = true;
    config.plans.push_back(plan);
    SilenceObserver silence(options.observer);
    config.observer = &silence;
    FarmWorld world(std::move(config));
    silence.begin();
    Mover mover(world, rng.next_u64());
    const std::size_t moves = options.connections.value_or(kMovesOfOne);
    const Instant limit = world.world().now() + Duration::seconds(600);
    while (mover.begun() < moves && world.world().now() < limit) {
        const auto later_us = static_cast<std::int64_t>(100 + rng.below(10'000));
        const Instant next = world.world().now() + Duration::microseconds(later_us);
        world.run_until(next, [] { return false; });
        world.world().wait_until(next);
        mover.move(0);
    }
    if (is_lossless && silence.longest() >= timeout_min) {
        world.log().add(
            silence.longest_at(), "EP-49",
            fmt::format("nothing is sent for {} us", silence.longest().to_microseconds()));
    }
    if (mover.begun() < moves || world.owners().migrations() < moves / 2) {
        world.log().add(world.world().now(), "liveness",
                        fmt::format("{} of {} moves began, {} came about", mover.begun(), moves,
                                    world.owners().migrations()));
    }
    demand_blobs(world, mover, profile);
    return world.result();
}

}  // namespace

ScenarioResult move_in_use(const ScenarioOptions& options) {
    return play_in_use(options, farm::Profile::Endpoint);
}
ScenarioResult move_in_use_faults(const ScenarioOptions& options) {
    return play_in_use_faults(options, farm::Profile::Endpoint);
}
ScenarioResult move_again(const ScenarioOptions& options) {
    return play_again(options, farm::Profile::Endpoint);
}

ScenarioResult blobs(const ScenarioOptions& options) {
    return play_in_use(options, farm::Profile::Blob);
}
ScenarioResult blobs_faults(const ScenarioOptions& options) {
    return play_in_use_faults(options, farm::Profile::Blob);
}
ScenarioResult blobs_again(const ScenarioOptions& options) {
    return play_again(options, farm::Profile::Blob);
}

}  // namespace shunt::sim
