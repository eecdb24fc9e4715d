// SPDX-License-Identifier: Apache-2.0
// What goes on by the control channels about one subject: requests of ours that wait for their
// answers, and those of others that wait for ours.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/farm/channel/request_inbox.hh"
#include "shunt/farm/channel/transactions.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

/// Each has somebody above the channels who asks and answers.
enum class Subject : std::uint8_t {
    Objects,  // kinds 0x40 to 0x44
    Moves     // kinds 0x10 to 0x16
};
inline constexpr std::size_t kSubjectCount = 2;

constexpr Subject subject_of(wire::ControlKind kind) {
    return kind < wire::ControlKind::HandoffRequest ? Subject::Moves : Subject::Objects;
}

struct Desk {
    Transactions transactions;
    RequestInbox inbox;
    std::uint64_t arrivals = 0;  // of both kinds

    std::uint64_t next_arrival() { return ++arrivals; }
    /// What came first of what waits is an outcome, not a request.
    bool has_outcome_first() const {
        const auto outcome = transactions.next_order();
        const auto request = inbox.next_order();
        return outcome && (!request || *outcome < *request);
    }
};

}  // namespace shunt::farm
