// SPDX-License-Identifier: Apache-2.0
/// What a device did in answer to a step: a segment that was heard, or what came back from a call.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/time.hh"

namespace conform {

struct Event {
    /// Flags of a segment without PSH ("SYN,ACK"), "ICMP", or for a call "ok" or its error.
    std::string head;
    /// By the names of event_fields(); numbers relative to the handshake.
    std::map<std::string, std::string> fields{};
    /// Since the step or the event before it, whichever was later.
    Duration after{};
    bool is_of_call = false;

    /// "ACK seq 1 ack 101 win 64240 after 40": as an expectation would say it.
    std::string to_string() const;
};

/// Every name that a field of an event may have, in the order in which they are written.
const std::vector<std::string>& event_fields();

/// The step's number, and what happened from then on until the next one.
struct Transcript {
    std::vector<std::vector<Event>> steps;
};

/// True if the two times cannot be told apart by a tester that does not own the device's clock:
/// both at once, or both later and within a third or 60 ms of each other.
bool is_same_time(Duration one, Duration other);

/// The fields in which two events differ, by what the page calls comparable: PSH is not, window
/// fields only in whether they are closed, times by is_same_time(). "head" and "after" are names
/// too. Empty: they are the same.
std::vector<std::string> differing_fields(const Event& one, const Event& other);

}  // namespace conform
