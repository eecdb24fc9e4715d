// SPDX-License-Identifier: Apache-2.0
/// A case's conversation as its capture file has it, or the frames of a capture that is nobody's
/// case.
#pragma once

#include "iut/iut.hh"
#include "replay/capture_file.hh"
#include "report/case_record.hh"

namespace conform {

struct RecordedCase {
    CaseRecord record;
    Conversation conversation;
};

/// Throws CaptureFileError if packets and record contradict each other. `file` has a record.
RecordedCase read_recorded_case(const CaptureFile& file, const Iut& iut);

/// The frames of a capture without record: whose each is and on which link follows from the
/// addresses of the plan, where the file does not say. Times count from the first packet.
Capture read_foreign_capture(const CaptureFile& file, const Iut& iut);

}  // namespace conform
