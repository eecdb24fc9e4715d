// SPDX-License-Identifier: Apache-2.0
#include "model/base/base_set.hh"

#include <fmt/format.h>

#include <utility>

namespace model::base_set {
namespace {

// What may be on its way between the home and a target, beside 0x01s.
constexpr std::uint8_t kCopied = 1;  // 0x03
constexpr std::uint8_t kPacket = 2;  // 0x02
constexpr std::uint8_t kReset = 4;   // 0x02 that is a RST (EP-10)

constexpr std::array<std::pair<std::string_view, std::string_view>, kRules> kRuleTexts{{
    {"answer-in-time", "EP-6, EP-10"},
    {"reset-no-release", "EP-13"},
    {"no-second-offer", "EP-18"},
    {"ended-remembered", "EP-8"},
    {"restart-is-slow", "assumed"},
}};

std::uint8_t bit(std::uint8_t id) {
    return static_cast<std::uint8_t>(1U << id);
}
bool has(std::uint8_t bits, std::uint8_t mask) {
    return (bits & mask) != 0;
}
void put(std::uint8_t& bits, std::uint8_t mask, bool is_on = true) {
    bits = static_cast<std::uint8_t>(is_on ? bits | mask : bits & ~mask);
}
std::uint8_t connection_of(std::uint8_t id) {
    return id > kAttemptsEach ? 1 : 0;
}

/// Who has done something makes all other copies of that connection old ones.
void age(State& state, std::uint8_t connection, const void* except) {
    for (std::uint8_t id = 1; id <= kAttempts; ++id)
        if (connection_of(id) == connection) put(state.fresh_offers, bit(id), false);
    if (except != &state && state.connection == connection) state.is_fresh = 0;
    for (Target& target : state.targets) {
        const bool is_of_it = target.id != 0 && connection_of(target.id) == connection;
        if (is_of_it && except != &target) target.is_fresh = 0;
    }
}

const char* resumed(std::uint8_t is_fresh) {
    return is_fresh != 0 ? nullptr : "EP-12: a server goes on from an old state";
}

void forget(Target& target) {
    target.state = TargetState::None;
    target.id = target.is_fresh = 0;
}

/// The turn of the home and one target.
class Turn {
  public:
    Turn(const World& world, const State& before, std::uint8_t at, std::vector<Step>& steps)
        : world_(world), before_(before), at_(at), steps_(steps) {}

    void all() {
        offer();
        arrive_at_home();
        forward();
        const Target& target = before_.targets[at_];
        for (std::uint8_t id = 1; id <= kAttempts; ++id)
            if (has(target.offers, bit(id))) arrive_offer(id);
        if (has(target.network, kPacket)) arrive_packet();
        if (has(target.network, kReset)) arrive_reset();
        act();
        if (world_.has_crashes && before_.has_crashed == 0) crash();
        let_messages_die();
    }

  private:
    void add(const State& next, std::string_view text, const char* broken = nullptr) {
        steps_.push_back({next, text, at_, broken});
    }
    Target& target_of(State& state) const { return state.targets[at_]; }

    /// EP-4, EP-18. From Temporary, or as another candidate after the wait (EP-6).
    void offer() {
        const bool can_offer =
            before_.home == HomeState::Acting || before_.home == HomeState::Migrating;
        const std::uint8_t last = before_.connection == 0 ? kAttemptsEach : kAttempts;
        if (!can_offer || before_.id >= last) return;
        State next = before_;
        Target& target = target_of(next);
        if (target.was_offered != 0 && world_.keeps(Rule::NoSecondOffer)) return;
        next.home = HomeState::Migrating;
        next.peer = at_;
        ++next.id;
        put(next.fresh_offers, bit(next.id), next.is_fresh != 0);
        target.was_offered = 1;
        put(target.offers, bit(next.id));
        add(next, "H offers it to {}: 0x01");
    }

    /// EP-9, EP-10.
    void arrive_at_home() {
        if (!has(before_.targets[at_].network, kCopied)) return;
        State next = before_;
        const bool is_waited_for = before_.home == HomeState::Migrating && before_.peer == at_;
        const bool is_late = before_.home == HomeState::Acting ||
                             (before_.home != HomeState::None && before_.peer != at_);
        if (is_waited_for || (is_late && !world_.keeps(Rule::AnswerInTime))) {
            next.home = HomeState::Forward;
            next.peer = at_;
            next.is_fresh = 0;
            put(target_of(next).network, kPacket);
            add(next, "0x03 of {} arrives: Temporary to Forward, and 0x02");
        } else if (is_late) {
            put(target_of(next).network, kReset);
            add(next, "0x03 of {} arrives late: 0x02 with a RST");
        }
    }

    void forward() {
        if (before_.home != HomeState::Forward || before_.peer != at_) return;
        State next = before_;
        put(target_of(next).network, kPacket);
        add(next, "H forwards a packet to {}: 0x02");
        next = before_;
        next.home = HomeState::None;
        next.may_be_over = 1;
        add(next, "H's record to {} expires (EP-31)");
    }

    /// EP-7, EP-8, EP-17.
    void arrive_offer(std::uint8_t id) {
        State next = before_;
        Target& target = target_of(next);
        if (has(target.ended, bit(id)) && world_.keeps(Rule::EndedRemembered)) return;
        const bool is_newer = target.id == 0 || id > target.id;
        const bool can_take = target.state == TargetState::None ||
                              (target.state == TargetState::Unreleased && is_newer);
        if (can_take) {
            target.state = TargetState::Unreleased;
            target.id = id;
            target.is_fresh = has(next.fresh_offers, bit(id)) ? 1 : 0;
            target.has_early_packet = 0;
            put(target.network, kCopied);
            add(next, "0x01 arrives: {} makes an endpoint, 0x03");
        } else if (target.id == id) {
            put(target.network, kCopied);
            add(next, "0x01 arrives again: 0x03 of {} again");
        }
    }

    /// EP-13, EP-23.
    void arrive_packet() {
        State next = before_;
        Target& target = target_of(next);
        if (target.state == TargetState::Unreleased) {
            target.state = TargetState::Acting;
            add(next, "0x02 arrives: {} is released", resumed(target.is_fresh));
        } else if (target.state == TargetState::None && target.has_early_packet == 0) {
            target.has_early_packet = 1;
            add(next, "0x02 arrives for no endpoint: {} holds it");
        }
    }

    /// EP-10.
    void arrive_reset() {
        State next = before_;
        Target& target = target_of(next);
        if (target.state == TargetState::None) return;
        const bool is_unreleased = target.state == TargetState::Unreleased;
        if (is_unreleased && !world_.keeps(Rule::ResetNoRelease)) {
            target.state = TargetState::Acting;
            add(next, "a RST arrives: {} takes it for its release", resumed(target.is_fresh));
            return;
        }
        put(target.ended, bit(target.id));
        forget(target);
        add(next, "a RST arrives: {} drops its endpoint");
    }

    void act() {
        State next = before_;
        Target& target = target_of(next);
        if (target.has_early_packet != 0) {
            target.has_early_packet = 0;
            add(next, "{} drops what it held for 50 ms (EP-23)");
            next = before_;
        }
        if (target.state == TargetState::Unreleased) {
            forget(target);
            next.may_be_over = 1;
            add(next, "{} has not been released for 2 s (EP-15): drops it");
        } else if (target.state == TargetState::Acting) {
            age(next, connection_of(target.id), &target);
            add(next, "{} processes a packet");
            next = before_;
            Target& ending = target_of(next);
            age(next, connection_of(ending.id), nullptr);
            put(ending.ended, bit(ending.id));
            forget(ending);
            next.may_be_over = 1;
            add(next, "the connection closes at {}");
        }
    }

    void crash() {
        State next = before_;
        Target& target = target_of(next);
        if (target.state == TargetState::None && target.ended == 0) return;
        forget(target);
        target.ended = target.has_early_packet = 0;
        next.has_crashed = next.may_be_over = 1;
        if (world_.keeps(Rule::RestartIsSlow)) target.network = target.offers = 0;
        add(next, "{} crashes and restarts, all is lost");
    }

    /// max(4 s, 2MSL) after the offer.
    void let_messages_die() {
        State next = before_;
        Target& target = target_of(next);
        const bool is_waited_for = before_.home == HomeState::Migrating && before_.peer == at_;
        if (target.was_offered == 0 || is_waited_for || target.state == TargetState::Unreleased)
            return;
        const bool is_forward = before_.home == HomeState::Forward && before_.peer == at_;
        if (is_forward) return;
        target.was_offered = target.network = target.offers = 0;
        target.ended = target.has_early_packet = 0;
        add(next, "what went between H and {} is dead (2MSL)");
    }

    const World& world_;
    const State& before_;
    std::uint8_t at_;
    std::vector<Step>& steps_;
};

void act_at_home(const State& before, std::vector<Step>& steps) {
    State next = before;
    switch (before.home) {
        case HomeState::None:
            if (before.connection != 0) return;
            next.home = HomeState::Acting;
            next.connection = 1;
            next.id = kAttemptsEach;
            next.is_fresh = 1;
            steps.push_back({next, "a SYN opens a second connection on the tuple"});
            return;
        case HomeState::Acting:
            age(next, before.connection, &next);
            steps.push_back({next, "H processes a packet"});
            next = before;
            age(next, before.connection, nullptr);
            next.home = HomeState::None;
            next.may_be_over = 1;
            steps.push_back({next, "the connection closes at H"});
            return;
        case HomeState::Migrating:
            next.home = HomeState::Acting;
            next.id = before.connection == 0 ? kAttemptsEach : kAttempts;  // bound: it stays
            steps.push_back(
                {next, "H has waited long enough (EP-6): binds it", 0, resumed(next.is_fresh)});
            return;
        case HomeState::Forward:
            return;
    }
}

}  // namespace

std::string_view name_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).first;
}

std::string_view requirement_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).second;
}

std::vector<Step> BaseSet::steps(const State& state) const {
    std::vector<Step> steps;
    steps.reserve(16);
    act_at_home(state, steps);
    for (std::uint8_t at = 0; at < kTargets; ++at)
        Turn(world_, state, at, steps).all();
    return steps;
}

const char* BaseSet::broken_claim(const State& state) const {
    bool is_alive = state.home == HomeState::Acting ||
                    (state.home == HomeState::Migrating && state.is_fresh != 0);
    for (std::uint8_t connection = 0; connection < 2; ++connection) {
        int acting = state.home == HomeState::Acting && state.connection == connection ? 1 : 0;
        for (const Target& target : state.targets) {
            const bool is_of_it = target.id != 0 && connection_of(target.id) == connection;
            if (is_of_it && target.state == TargetState::Acting) ++acting;
            is_alive |= target.is_fresh != 0;
        }
        if (acting > 1) return "EP-12: two servers act for one connection";
    }
    if (state.may_be_over == 0 && !is_alive)
        return "EP-48: the connection is lost, and nothing has failed";
    return nullptr;
}

std::string describe(const Step& step) {
    constexpr std::array<const char*, 4> kHomes{"-", "ACTS", "offers", "forwards"};
    constexpr std::array<const char*, 3> kTargetStates{"-", "unreleased", "ACTS"};
    const char* letter = step.target == 0 ? "A" : "B";
    const State& next = step.next;
    std::string after = fmt::format("H {}", kHomes.at(static_cast<std::size_t>(next.home)));
    const bool has_peer = next.home == HomeState::Migrating || next.home == HomeState::Forward;
    if (has_peer) after += fmt::format(" to {}", next.peer == 0 ? "A" : "B");
    for (std::uint8_t at = 0; at < kTargets; ++at) {
        const Target& target = next.targets[at];
        after += fmt::format(", {} {}", at == 0 ? "A" : "B",
                             kTargetStates.at(static_cast<std::size_t>(target.state)));
        if (target.id != 0) after += fmt::format(" (e{})", target.id);
    }
    return fmt::format("{:<60} {}", fmt::format(fmt::runtime(step.text), letter), after);
}

}  // namespace model::base_set
