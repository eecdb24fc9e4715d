// SPDX-License-Identifier: Apache-2.0
// Explicit-state exploration, breadth first: every state that can be reached is visited once, and
// the first claim that does not hold comes with the shortest sequence of steps that breaks it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace model {

/// What became of an exploration.
template <typename Step>
struct Exploration {
    std::size_t states = 0;
    std::size_t steps = 0;
    /// False: there were more states than the limit.
    bool is_complete = true;
    /// The claim that does not hold; empty if all do.
    std::string broken;
    /// From the start to the state in which it does not hold.
    std::vector<Step> trace;
};

/// A set of states in the order in which they were found, by index.
template <typename State>
class StateSet {
    static_assert(std::has_unique_object_representations_v<State>, "states are compared as bytes");

  public:
    StateSet() : table_(std::size_t{1} << 16U, 0) {}

    /// The state's index, and whether it is new.
    std::pair<std::uint32_t, bool> add(const State& state) {
        if (states_.size() * 3 > table_.size() * 2) grow();
        std::size_t slot = hash(state) & (table_.size() - 1);
        for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1))
            if (std::memcmp(&states_[table_[slot] - 1], &state, sizeof(State)) == 0)
                return {table_[slot] - 1, false};
        states_.push_back(state);
        table_[slot] = static_cast<std::uint32_t>(states_.size());
        return {table_[slot] - 1, true};
    }
    std::size_t size() const { return states_.size(); }
    const State& operator[](std::size_t index) const { return states_[index]; }

  private:
    static std::uint64_t hash(const State& state) {
        static_assert(sizeof(State) % sizeof(std::uint64_t) == 0);
        const auto words =
            std::bit_cast<std::array<std::uint64_t, sizeof(State) / sizeof(std::uint64_t)>>(state);
        std::uint64_t sum = 0x9E3779B97F4A7C15;
        for (const std::uint64_t word : words) {
            sum = (sum ^ word) * 0xFF51AFD7ED558CCD;
            sum ^= sum >> 32U;
        }
        return sum;
    }
    void grow() {
        std::vector<std::uint32_t> larger(table_.size() * 2, 0);
        for (std::uint32_t index = 0; index < states_.size(); ++index) {
            std::size_t slot = hash(states_[index]) & (larger.size() - 1);
            while (larger[slot] != 0)
                slot = (slot + 1) & (larger.size() - 1);
            larger[slot] = index + 1;
        }
        table_.swap(larger);
    }

    std::vector<State> states_;
    std::vector<std::uint32_t> table_;  // index + 1; 0: free. Open addressing.
};

/// Explores `system` from its start. A System has `State` (compared as bytes), `Step` (with the
/// state it leads to, `next`, and a claim that it breaks, `broken`, or nullptr), `start()`,
/// `steps(state)` and `broken_claim(state)`, which returns nullptr if every claim holds.
/// `visit(state)` sees each state once.
template <typename System, typename Visit>
Exploration<typename System::Step> explore(const System& system, std::size_t states_max,
                                           Visit&& visit) {
    using Step = typename System::Step;
    StateSet<typename System::State> found;
    std::vector<std::uint32_t> parents;
    Exploration<Step> exploration;
    const auto trace_to = [&](std::uint32_t index, const Step& last) {
        std::vector<std::uint32_t> path;
        for (; index != 0; index = parents[index])
            path.push_back(index);
        std::uint32_t at = 0;
        for (auto next = path.rbegin(); next != path.rend(); at = *next++) {
            for (const Step& step : system.steps(found[at])) {
                if (std::memcmp(&step.next, &found[*next], sizeof step.next) != 0) continue;
                exploration.trace.push_back(step);
                break;
            }
        }
        exploration.trace.push_back(last);
    };
    found.add(system.start());
    parents.push_back(0);
    for (std::uint32_t index = 0; index < found.size(); ++index) {
        if (found.size() > states_max) {
            exploration.is_complete = false;
            break;
        }
        const auto state = found[index];
        visit(state);
        for (const Step& step : system.steps(state)) {
            ++exploration.steps;
            const char* broken =
                step.broken != nullptr ? step.broken : system.broken_claim(step.next);
            if (broken != nullptr) {
                exploration.broken = broken;
                trace_to(index, step);
                exploration.states = found.size();
                return exploration;
            }
            if (found.add(step.next).second) parents.push_back(index);
        }
    }
    exploration.states = found.size();
    return exploration;
}

/// What came of the question whether everything settles.
template <typename State>
struct Settling {
    std::size_t states = 0;
    bool is_complete = true;
    /// Seeds from which no settled state can be reached any more, and one of them.
    std::size_t stuck = 0;
    State stuck_state{};
};

/// Explores `system`, in which nothing new begins and nothing is lost, from every seed, and finds
/// those from which no state is reachable that the system calls settled. `is_settled(state)` is the
/// System's.
template <typename System>
Settling<typename System::State> settle(const System& system,
                                        StateSet<typename System::State> states,
                                        std::size_t states_max) {
    Settling<typename System::State> settling;
    const std::size_t seeds = states.size();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;  // to, from
    std::vector<std::uint32_t> settled;
    for (std::uint32_t index = 0; index < states.size(); ++index) {
        const auto state = states[index];
        if (system.is_settled(state)) settled.push_back(index);
        for (const auto& step : system.steps(state))
            edges.emplace_back(states.add(step.next).first, index);
        settling.is_complete = states.size() <= states_max;
        if (!settling.is_complete) break;
    }
    settling.states = states.size();
    std::sort(edges.begin(), edges.end());
    std::vector<bool> can_settle(states.size(), false);
    for (const std::uint32_t index : settled)
        can_settle[index] = true;
    while (!settled.empty()) {
        const std::uint32_t to = settled.back();
        settled.pop_back();
        const auto first = std::lower_bound(edges.begin(), edges.end(), std::pair{to, 0U});
        for (auto edge = first; edge != edges.end() && edge->first == to; ++edge) {
            if (can_settle[edge->second]) continue;
            can_settle[edge->second] = true;
            settled.push_back(edge->second);
        }
    }
    for (std::size_t seed = 0; seed < seeds && settling.is_complete; ++seed) {
        if (can_settle[seed]) continue;
        if (settling.stuck++ == 0) settling.stuck_state = states[seed];
    }
    return settling;
}

}  // namespace model
