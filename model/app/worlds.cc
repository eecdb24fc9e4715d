// SPDX-License-Identifier: Apache-2.0
#include "model/app/worlds.hh"

#include <fmt/format.h>

#include <initializer_list>

#include "model/base/base_set.hh"
#include "model/engine/explorer.hh"
#include "model/ownership/text.hh"
#include "model/queues/queues.hh"

namespace model {
namespace {

using ownership::Feature;
using ownership::Ownership;
using ownership::Rule;
using ownership::World;

/// More than any rule needs to show what it is for.
constexpr std::size_t kStatesWithoutRule = 1'000'000;

template <typename System, typename Describe, typename Visit>
Outcome explore_all(const System& system, std::size_t states_max, const Describe& describe_step,
                    const Visit& visit) {
    const auto exploration = explore(system, states_max, visit);
    Outcome outcome;
    outcome.states = exploration.states;
    outcome.steps = exploration.steps;
    outcome.is_complete = exploration.is_complete;
    outcome.broken = exploration.broken;
    for (const auto& step : exploration.trace)
        outcome.trace.push_back(describe_step(step));
    return outcome;
}

/// Whether a world at rest settles. Connections that nothing has ended settle without anybody
/// giving up; the others may need that.
void settle_all(World world, StateSet<ownership::State> seeds, bool gives_up,
                std::size_t states_max, Outcome& outcome) {
    world.is_calm = true;
    world.features.set(static_cast<std::size_t>(Feature::GivingUp), gives_up);
    world.features.set(static_cast<std::size_t>(Feature::DroppingCopies), gives_up);
    outcome.unsettled += seeds.size();
    const auto settling = settle(Ownership(world), std::move(seeds), states_max);
    outcome.is_settling_complete = outcome.is_settling_complete && settling.is_complete;
    if (settling.stuck == 0) return;
    outcome.stuck += settling.stuck;
    ownership::Step step;
    step.next = settling.stuck_state;
    outcome.stuck_state = ownership::describe(world, step);
}

Outcome explore_ownership(const World& world, std::size_t states_max) {
    StateSet<ownership::State> lasting;
    StateSet<ownership::State> ending;
    const auto describe_step = [&](const auto& step) { return ownership::describe(world, step); };
    auto outcome = explore_all(Ownership(world), states_max, describe_step,
                               [&](const ownership::State& state) {
                                   ownership::State at_rest = state;
                                   at_rest.network.clear();
                                   (state.may_be_over != 0 ? ending : lasting).add(at_rest);
                               });
    if (!outcome.is_complete || !outcome.broken.empty()) return outcome;
    settle_all(world, std::move(lasting), false, states_max, outcome);
    settle_all(world, std::move(ending), true, states_max, outcome);
    return outcome;
}

World world_of(std::uint8_t targets, std::uint8_t first, std::uint8_t second,
               std::initializer_list<Feature> features) {
    World world;
    world.targets = targets;
    world.first_attempts = first;
    world.second_attempts = second;
    for (const Feature feature : features)
        world.features.set(static_cast<std::size_t>(feature));
    return world;
}

World crashing(World world, std::uint8_t targets, std::uint8_t homes) {
    world.target_crashes = targets;
    world.home_crashes = homes;
    return world;
}

NamedWorld ownership_world(const char* name, const char* about, const World& world,
                           bool is_small = true) {
    return {name, about, is_small,
            [world](std::size_t states_max) { return explore_ownership(world, states_max); }};
}

NamedRule ownership_rule(Rule rule, const char* world_name, World world) {
    world.without.set(static_cast<std::size_t>(rule));
    return {std::string(name_of(rule)), std::string(requirement_of(rule)), world_name,
            [world] { return explore_ownership(world, kStatesWithoutRule); }};
}

template <typename System, typename SystemWorld>
Outcome explore_simple(const SystemWorld& world, std::size_t states_max) {
    return explore_all(
        System(world), states_max, [](const auto& step) { return describe(step); },
        [](const auto&) {});
}

template <typename System, typename SystemWorld, typename SystemRule>
NamedRule simple_rule(SystemRule rule, const char* world_name, SystemWorld world) {
    world.without.set(static_cast<std::size_t>(rule));
    return {std::string(name_of(rule)), std::string(requirement_of(rule)), world_name,
            [world] { return explore_simple<System>(world, kStatesWithoutRule); }};
}

const World kMove = world_of(2, 3, 0, {Feature::Packets});
const World kOneTarget = world_of(1, 3, 0, {Feature::Packets});
const World kCutOff = world_of(1, 3, 0, {Feature::CuttingOff, Feature::Packets, Feature::Refusals});
const World kSyn = world_of(1, 2, 1, {Feature::Syns, Feature::Closing, Feature::Packets});
const base_set::World kBase{.has_crashes = true};

}  // namespace

const std::vector<NamedWorld>& all_worlds() {
    static const std::vector<NamedWorld> worlds{
        ownership_world("move", "there, back and on, three times, between two targets", kMove),
        ownership_world("refuse", "three attempts, any of them refused, at one target",
                        world_of(1, 3, 0, {Feature::Packets, Feature::Refusals})),
        ownership_world("end", "it closes, or a side gives up",
                        world_of(1, 2, 0,
                                 {Feature::Refusals, Feature::Closing, Feature::Packets,
                                  Feature::GivingUp, Feature::DroppingCopies})),
        ownership_world("syn", "SYNs on the moved tuple, and a second connection on it", kSyn),
        ownership_world("expire", "the home's record expires idle",
                        world_of(1, 2, 1, {Feature::Expiry})),
        ownership_world("cut-off", "the channel between home and owner is lost", kCutOff),
        ownership_world("two-targets-crash", "two crashes of the targets",
                        crashing(world_of(2, 2, 0, {Feature::Packets}), 2, 0)),
        ownership_world("home-crash", "the home crashes, then a second connection on the tuple",
                        crashing(world_of(1, 2, 1, {Feature::Packets}), 0, 1)),
        ownership_world("both-crash", "home and target crash",
                        crashing(world_of(1, 2, 1, {}), 1, 1)),
        {"base", "the base set: two targets, two connections on a tuple, a crash", true,
         [](std::size_t most) { return explore_simple<base_set::BaseSet>(kBase, most); }},
        {"queues", "the queues of a move, in pieces", true,
         [](std::size_t most) { return explore_simple<queues::Queues>(queues::World{}, most); }},
        ownership_world(
            "move-whole", "as move, any attempt refused, copies dropped",
            world_of(2, 3, 0, {Feature::Packets, Feature::Refusals, Feature::DroppingCopies}),
            false),
        ownership_world("refuse-whole", "as refuse, four attempts",
                        world_of(1, 4, 0, {Feature::Refusals}), false),
        ownership_world("end-whole", "as end, three attempts",
                        world_of(1, 3, 0,
                                 {Feature::Refusals, Feature::Closing, Feature::Packets,
                                  Feature::GivingUp, Feature::DroppingCopies}),
                        false),
        ownership_world(
            "crash-whole", "two crashes of two targets, three attempts",
            crashing(world_of(2, 3, 0, {Feature::Packets, Feature::DroppingCopies}), 2, 0), false),
        ownership_world("syn-whole", "as syn, two attempts of the second connection too",
                        world_of(1, 2, 2, {Feature::Syns, Feature::Closing, Feature::Packets}),
                        false),
        ownership_world(
            "both-crash-whole", "home and target crash, packets, copies dropped",
            crashing(world_of(1, 2, 1, {Feature::Packets, Feature::DroppingCopies}), 2, 1), false),
        ownership_world("cut-off-whole", "as cut-off, two targets, a crash",
                        crashing(world_of(2, 3, 0, {Feature::CuttingOff, Feature::Packets}), 1, 0),
                        false),
    };
    return worlds;
}

const std::vector<NamedRule>& all_rules() {
    const World refused = world_of(2, 4, 0, {Feature::Refusals});
    const World crash = crashing(kOneTarget, 1, 0);
    static const std::vector<NamedRule> rules{
        ownership_rule(Rule::CopyNumber, "move", kMove),
        ownership_rule(Rule::AskBeforeDelete, "move", kOneTarget),
        ownership_rule(Rule::ReturnedSynKeeps, "syn", kSyn),
        ownership_rule(Rule::RefusedReturns, "refuse", refused),
        ownership_rule(Rule::GoOnlyUnreleased, "move", kMove),
        ownership_rule(Rule::RefusalOnlyMigrating, "refuse", refused),
        ownership_rule(Rule::ReleasedStays, "move", kMove),
        ownership_rule(Rule::OwnerWaits, "move", kMove),
        ownership_rule(Rule::MuteAfterStart, "two-targets-crash", crash),
        ownership_rule(Rule::ResumeByGo, "cut-off", kCutOff),
        ownership_rule(Rule::StopBeforeDead, "cut-off", kCutOff),
        ownership_rule(Rule::NoGoWhileCutOff, "cut-off", kCutOff),
        ownership_rule(Rule::NoRefusalWhileCutOff, "cut-off", kCutOff),
        ownership_rule(Rule::GoIsYoung, "cut-off", kCutOff),
        simple_rule<base_set::BaseSet>(base_set::Rule::AnswerInTime, "base", kBase),
        simple_rule<base_set::BaseSet>(base_set::Rule::ResetNoRelease, "base", kBase),
        simple_rule<base_set::BaseSet>(base_set::Rule::NoSecondOffer, "base", kBase),
        simple_rule<base_set::BaseSet>(base_set::Rule::EndedRemembered, "base", kBase),
        simple_rule<base_set::BaseSet>(base_set::Rule::RestartIsSlow, "base", kBase),
        simple_rule<queues::Queues>(queues::Rule::CompleteFirst, "queues", queues::World{}),
        simple_rule<queues::Queues>(queues::Rule::PieceOfAttempt, "queues", queues::World{}),
        simple_rule<queues::Queues>(queues::Rule::CopyStartsEmpty, "queues", queues::World{}),
    };
    return rules;
}

}  // namespace model
