// SPDX-License-Identifier: Apache-2.0
// The data part of a move (docs/protocol/endpoint.md, EP-41): 0x01 announces what 0x12 brings in
// pieces; the target answers when it has all of it, and asks with 0x15 for what is missing. A home
// and one target, extensions on.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace model::queues {

inline constexpr std::uint8_t kAttempts = 3;
inline constexpr std::uint8_t kPieces = 2;
inline constexpr std::uint8_t kCopies = 2;

enum class Rule : std::uint8_t {
    CompleteFirst,    // EP-41: 0x03 only when all is there that the block announces
    PieceOfAttempt,   // EP-41: 0x12 is for the attempt that its ID names
    CopyStartsEmpty,  // EP-17: an endpoint that replaces another has nothing of it
};
inline constexpr std::size_t kRules = 3;

std::string_view name_of(Rule rule);
std::string_view requirement_of(Rule rule);

struct World {
    std::bitset<kRules> without{};
    bool keeps(Rule rule) const { return !without[static_cast<std::size_t>(rule)]; }
};

enum class HomeState : std::uint8_t { Acting, Migrating, Forward };
enum class TargetState : std::uint8_t { None, Unreleased, Acting };

/// What lies at the target for one piece: the attempt that it is of; 0: nothing.
using Pieces = std::array<std::uint8_t, kPieces>;

struct State {
    HomeState home = HomeState::Acting;
    std::uint8_t id = 0;
    TargetState target = TargetState::None;
    std::uint8_t target_id = 0;
    std::uint8_t target_copy = 0;
    Pieces pieces{};
    // Attempts of which a copy was made here, and a second one; each has another number.
    std::uint8_t made = 0;
    std::uint8_t made_again = 0;
    // What was ever sent, a bit for each.
    std::uint8_t offers = 0;
    std::uint8_t missing = 0;                        // 0x15
    std::array<std::uint8_t, kAttempts + 1> sent{};  // 0x12 of each attempt
    std::uint8_t unused = 0;
    std::uint16_t copied = 0;
    std::uint16_t gos = 0;
    std::array<std::uint8_t, 4> padding{};
};

struct Step {
    State next;
    std::string text;
    const char* broken = nullptr;
};

class Queues {
  public:
    using State = queues::State;
    using Step = queues::Step;

    explicit Queues(const World& world) : world_(world) {}

    State start() const { return {}; }
    std::vector<Step> steps(const State& state) const;
    const char* broken_claim(const State& state) const;

  private:
    void act_at_home(const State& before, std::vector<Step>& steps) const;
    void arrive_offer(const State& before, std::uint8_t id, std::vector<Step>& steps) const;
    void arrive_piece(const State& before, std::uint8_t id, std::uint8_t piece,
                      std::vector<Step>& steps) const;
    void arrive_answers(const State& before, std::uint8_t id, std::vector<Step>& steps) const;
    void answer(State& state) const;

    World world_;
};

std::string describe(const Step& step);

}  // namespace model::queues
