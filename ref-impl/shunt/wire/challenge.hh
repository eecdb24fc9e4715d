// SPDX-License-Identifier: Apache-2.0
// The payload of 0x13: whether a sender's boot index is fresh (AT-3, docs/protocol/security.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/encapsulation.hh"

namespace shunt::wire {

enum class ChallengeKind : std::uint8_t { Challenge = 1, Answer = 2 };

struct Challenge {
    /// With the length field.
    static constexpr std::size_t kSize = 2 + 17;

    ChallengeKind kind = ChallengeKind::Challenge;
    std::uint64_t nonce = 0;
    std::uint64_t boot_index = 0;

    /// `view` is of Type 0x13. Fails if it is neither a challenge nor an answer.
    static Result<Challenge, Counter> parse(const EncapsulationView& view);

    bool operator==(const Challenge&) const = default;
};

}  // namespace shunt::wire
