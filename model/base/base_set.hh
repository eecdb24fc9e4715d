// SPDX-License-Identifier: Apache-2.0
// The base set (docs/protocol/README.md): 0x01, 0x02 and 0x03 without IDs in the answers, no 0x10,
// 0x11 or 0x14. A home and two targets, two connections on one tuple after each other. An endpoint
// moves before it is bound, once.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace model::base_set {

inline constexpr std::uint8_t kTargets = 2;
inline constexpr std::uint8_t kAttempts = 4;
/// IDs 1 and 2 are attempts to move the first connection on the tuple, 3 and 4 the second.
inline constexpr std::uint8_t kAttemptsEach = 2;

enum class Rule : std::uint8_t {
    AnswerInTime,     // EP-6, EP-10: a 0x03 acts only while the home waits for it
    ResetNoRelease,   // EP-13: a 0x02 that is a RST releases nothing
    NoSecondOffer,    // EP-18: a tuple goes to the same server again only when messages are dead
    EndedRemembered,  // EP-8: the attempt of an endpoint that has ended is known as long
    RestartIsSlow,    // assumed: a restarted target comes back when messages of before are dead
};
inline constexpr std::size_t kRules = 5;

std::string_view name_of(Rule rule);
std::string_view requirement_of(Rule rule);

struct World {
    std::bitset<kRules> without{};
    bool has_crashes = false;

    bool keeps(Rule rule) const { return !without[static_cast<std::size_t>(rule)]; }
};

enum class HomeState : std::uint8_t { None, Acting, Migrating, Forward };
enum class TargetState : std::uint8_t { None, Unreleased, Acting };

struct Target {
    TargetState state = TargetState::None;
    std::uint8_t id = 0;
    std::uint8_t is_fresh = 0;
    std::uint8_t has_early_packet = 0;  // a 0x02 for no endpoint, held (EP-23)
    std::uint8_t ended = 0;             // attempts whose endpoint has ended, a bit each
    std::uint8_t was_offered = 0;       // the home offered it the tuple; messages may be on the way
    std::uint8_t network = 0;           // what was ever sent between it and the home, a bit each
    std::uint8_t offers = 0;            // 0x01s among it, a bit for each ID
};

struct State {
    HomeState home = HomeState::Acting;
    std::uint8_t peer = 0;
    std::uint8_t id = 0;
    std::uint8_t is_fresh = 1;
    std::uint8_t fresh_offers = 0;
    std::uint8_t connection = 0;
    std::uint8_t may_be_over = 0;  // ended, crashed, or the release came too late (EP-15)
    std::uint8_t has_crashed = 0;
    std::array<Target, kTargets> targets;
};

struct Step {
    State next;
    std::string_view text;
    std::uint8_t target = 0;
    const char* broken = nullptr;
};

class BaseSet {
  public:
    using State = base_set::State;
    using Step = base_set::Step;

    explicit BaseSet(const World& world) : world_(world) {}

    State start() const { return {}; }
    std::vector<Step> steps(const State& state) const;
    const char* broken_claim(const State& state) const;

  private:
    World world_;
};

std::string describe(const Step& step);

}  // namespace model::base_set
