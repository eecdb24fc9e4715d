// SPDX-License-Identifier: Apache-2.0
/// A case once more, with the turns of its record instead of a device: it must send what it sent,
/// and come to the verdict that it came to.
#pragma once

#include <string>

#include "iut/iut.hh"
#include "replay/recorded_case.hh"

namespace conform {

struct CaseReplay {
    CaseResult result;
    Conversation conversation;
    /// What differs first from the record, be it a packet or the verdict; empty: nothing.
    std::string difference;
};

/// `iut` is the plan and statement; the timers are the record's. Throws CaptureFileError if this
/// suite has no such case. What the case has played, if it has, is in `folder`.
CaseReplay replay_case(const RecordedCase& recorded, Iut iut, const std::string& folder = {});

}  // namespace conform
