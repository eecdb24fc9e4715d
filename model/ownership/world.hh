// SPDX-License-Identifier: Apache-2.0
// What an exploration lets happen, and which rules its servers keep.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace model::ownership {

/// Rules of docs/protocol/endpoint.md that can be taken away, to see what they are for.
enum class Rule : std::uint8_t {
    CopyNumber,            // EP-13, 14, 16, 31: each import has a number of its own
    AskBeforeDelete,       // EP-23: reason 3 with epoch 0 only makes the home ask with 0x14
    ReturnedSynKeeps,      // EP-32: a returned SYN never deletes a record
    RefusedReturns,        // EP-45: a refused return's epoch is not accepted later
    GoOnlyUnreleased,      // EP-13: 0x14 acts on an unreleased endpoint only
    RefusalOnlyMigrating,  // EP-14: 0x10 of an offer acts only while migrating
    ReleasedStays,         // EP-17: a released endpoint is never replaced
    OwnerWaits,            // EP-46: an owner that returns never resumes by itself
    MuteAfterStart,        // EP-33: a restarted server is silent until the peer knows
    ResumeByGo,            // EP-33: an owner that was cut off goes on at a 0x14 only
    StopBeforeDead,        // EP-33: it stops before the home takes it for dead
    NoGoWhileCutOff,       // EP-33: nothing is released at a server that is cut off from the home
    NoRefusalWhileCutOff,  // EP-33: nor does it go on there because its return was refused
    GoIsYoung,             // EP-33: neither is on its way for longer than a channel is lost
};
inline constexpr std::size_t kRules = 14;

std::string_view name_of(Rule rule);
/// The requirements of docs/protocol/endpoint.md it stands for.
std::string_view requirement_of(Rule rule);

enum class Feature : std::uint8_t {
    Refusals,        // 0x10 by whoever may refuse
    Closing,         // the connection ends where it is served
    Packets,         // client packets, forwarded as 0x02
    Syns,            // client SYNs on the moved tuple (EP-32)
    GivingUp,        // 60 s without an answer to a return (EP-46)
    DroppingCopies,  // 10 s without a release (EP-15)
    Expiry,          // the idle record (EP-31)
    CuttingOff,      // the channel between home and an owner (EP-33)
};
inline constexpr std::size_t kFeatures = 8;

std::string_view name_of(Feature feature);

struct World {
    std::uint8_t targets = 1;
    /// Attempts to move the first connection, and the second one on the same tuple; 0: there is
    /// no second one.
    std::uint8_t first_attempts = 3;
    std::uint8_t second_attempts = 0;
    std::bitset<kFeatures> features{};
    /// How many crashes at most, of the targets and of the home.
    std::uint8_t target_crashes = 0;
    std::uint8_t home_crashes = 0;
    std::bitset<kRules> without{};
    /// Nothing new begins and nothing is lost any more: messages arrive once, timers fire. For the
    /// question whether what was reached settles.
    bool is_calm = false;

    bool has(Feature feature) const { return features[static_cast<std::size_t>(feature)]; }
    bool keeps(Rule rule) const { return !without[static_cast<std::size_t>(rule)]; }
    std::uint8_t attempts() const {
        return static_cast<std::uint8_t>(first_attempts + second_attempts);
    }
};

}  // namespace model::ownership
