// SPDX-License-Identifier: Apache-2.0
#include "model/queues/queues.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace model::queues {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, kRules> kRuleTexts{{
    {"complete-first", "EP-41"},
    {"piece-of-attempt", "EP-41"},
    {"copy-starts-empty", "EP-17, EP-41"},
}};

bool has(unsigned bits, unsigned bit) {
    return (bits >> bit & 1U) != 0;
}
template <typename Bits>
void put(Bits& bits, unsigned bit) {
    bits = static_cast<Bits>(bits | 1U << bit);
}
/// Of an ID and a copy number.
unsigned answer_bit(std::uint8_t id, std::uint8_t copy) {
    return (id - 1U) * kCopies + copy;
}

}  // namespace

std::string_view name_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).first;
}

std::string_view requirement_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).second;
}

void Queues::act_at_home(const State& before, std::vector<Step>& steps) const {
    State next = before;
    if (before.home == HomeState::Acting && before.id < kAttempts) {
        ++next.id;
        next.home = HomeState::Migrating;
        put(next.offers, next.id);
        steps.push_back({next, fmt::format("H freezes, offers it: 0x01 e{}", next.id)});
    }
    if (before.home != HomeState::Migrating) return;
    for (std::uint8_t piece = 0; piece < kPieces; ++piece) {
        next = before;
        put(next.sent.at(before.id), piece);
        steps.push_back({next, fmt::format("H sends piece {} of e{}: 0x12", piece + 1, before.id)});
    }
    next = before;
    next.home = HomeState::Acting;
    steps.push_back({next, "H has waited long enough (EP-6): serves it"});
}

/// 0x03 if all is there, else 0x15.
void Queues::answer(State& state) const {
    const bool is_complete = std::ranges::all_of(state.pieces, [](auto of) { return of != 0; });
    if (is_complete || !world_.keeps(Rule::CompleteFirst)) {
        put(state.copied, answer_bit(state.target_id, state.target_copy));
    } else {
        put(state.missing, state.target_id);
    }
}

void Queues::arrive_offer(const State& before, std::uint8_t id, std::vector<Step>& steps) const {
    State next = before;
    if (before.target != TargetState::None && before.target_id == id) {
        if (before.target == TargetState::Unreleased) answer(next);
        steps.push_back({next, fmt::format("0x01 e{} arrives again: 0x03 or 0x15", id)});
        return;
    }
    const bool can_take = before.target == TargetState::None ||
                          (before.target == TargetState::Unreleased && id > before.target_id);
    if (!can_take || has(before.made_again, id)) return;
    next.target = TargetState::Unreleased;
    next.target_id = id;
    next.target_copy = has(before.made, id) ? 1 : 0;
    put(has(before.made, id) ? next.made_again : next.made, id);
    if (world_.keeps(Rule::CopyStartsEmpty)) next.pieces = {};
    answer(next);
    steps.push_back({next, fmt::format("0x01 e{} arrives: A makes an endpoint", id)});
}

void Queues::arrive_piece(const State& before, std::uint8_t id, std::uint8_t piece,
                          std::vector<Step>& steps) const {
    const bool is_for_it = id == before.target_id || !world_.keeps(Rule::PieceOfAttempt);
    if (before.target != TargetState::Unreleased || !is_for_it) return;
    State next = before;
    // Bytes that are there stay.
    if (next.pieces.at(piece) != 0) return;
    next.pieces.at(piece) = id;
    answer(next);
    steps.push_back({next, fmt::format("0x12 piece {} of e{} arrives: A takes it", piece + 1, id)});
}

void Queues::arrive_answers(const State& before, std::uint8_t id, std::vector<Step>& steps) const {
    for (std::uint8_t copy = 0; copy < kCopies; ++copy) {
        const unsigned bit = answer_bit(id, copy);
        State next = before;
        if (has(before.copied, bit) && before.home == HomeState::Migrating && before.id == id) {
            next.home = HomeState::Forward;
            put(next.gos, bit);
            steps.push_back(
                {next, fmt::format("0x03 e{}/c{} arrives: H lets go, 0x14", id, copy + 1)});
        }
        next = before;
        const bool is_its = before.target_id == id && before.target_copy == copy;
        if (has(before.gos, bit) && before.target == TargetState::Unreleased && is_its) {
            next.target = TargetState::Acting;
            steps.push_back(
                {next, fmt::format("0x14 e{}/c{} arrives: A is released", id, copy + 1)});
        }
    }
}

std::vector<Step> Queues::steps(const State& state) const {
    std::vector<Step> steps;
    act_at_home(state, steps);
    for (std::uint8_t id = 1; id <= kAttempts; ++id) {
        if (has(state.offers, id)) arrive_offer(state, id, steps);
        for (std::uint8_t piece = 0; piece < kPieces; ++piece)
            if (has(state.sent.at(id), piece)) arrive_piece(state, id, piece, steps);
        arrive_answers(state, id, steps);
    }
    if (state.target == TargetState::Unreleased) {
        State next = state;
        next.target = TargetState::None;
        next.target_id = next.target_copy = 0;
        if (world_.keeps(Rule::CopyStartsEmpty)) next.pieces = {};
        steps.push_back({next, "A has not been released for 10 s (EP-15): drops it"});
    }
    return steps;
}

const char* Queues::broken_claim(const State& state) const {
    if (state.target != TargetState::Acting) return nullptr;
    for (const std::uint8_t of : state.pieces) {
        if (of == 0) return "EP-48: an endpoint acts of which bytes are missing";
        if (of != state.target_id) return "EP-48: an endpoint acts with bytes of another attempt";
    }
    return nullptr;
}

std::string describe(const Step& step) {
    constexpr std::array<const char*, 3> kHomes{"ACTS", "offers", "forwards"};
    constexpr std::array<const char*, 3> kTargets{"-", "unreleased", "ACTS"};
    const State& next = step.next;
    std::string after =
        fmt::format("H {} e{}, A {}", kHomes.at(static_cast<std::size_t>(next.home)), next.id,
                    kTargets.at(static_cast<std::size_t>(next.target)));
    if (next.target != TargetState::None) {
        after += fmt::format(" e{}/c{}, pieces of", next.target_id, next.target_copy + 1);
        for (const std::uint8_t of : next.pieces)
            after += of == 0 ? std::string(" -") : fmt::format(" e{}", of);
    }
    return fmt::format("{:<56} {}", step.text, after);
}

}  // namespace model::queues
