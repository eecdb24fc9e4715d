// SPDX-License-Identifier: Apache-2.0
/// Asks whether what joins the judge to the device works, and how far it may be trusted: before any
/// case, or as a command of its own.
#pragma once

#include <cstdint>

#include "attach/attachment.hh"
#include "iut/iut.hh"
#include "report/qualification.hh"

namespace conform {

/// Marker frames must come through, an unknown verb must be answered `unsupported`, and `reset`
/// must reset. `markers` of them, one after the other. Throws nothing but UsageError and
/// Interrupted: whatever else ends it is a trouble.
Qualification qualify(Attachment& attachment, const Iut& iut, std::uint64_t seed,
                      std::uint16_t port, std::size_t markers);

/// The timers of `iut` as what was measured wants them, never shorter than they are.
TestTimers calibrated(const TestTimers& timers, const Qualification& qualification);

}  // namespace conform
