// SPDX-License-Identifier: Apache-2.0
/// One case on one attachment, from its first packet to its verdict.
#pragma once

#include <cstdint>
#include <functional>

#include "cases/registry.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/result.hh"

namespace conform {

/// The result of a case that has not run: its name and what it tests.
CaseResult describe(const CaseInfo& info);

/// Makes a verdict of how talking to the device can end. UsageError and Interrupted end the run.
void blame_what_ends(CaseResult& result, const std::function<void()>& action);

/// Lets `info` run on `attachment`, then the oracles on its capture. The verdict is that of the
/// conversation alone: what the device's process did is the runner's to know.
CaseResult run_case(const CaseInfo& info, Attachment& attachment, const Iut& iut,
                    std::uint64_t seed, std::uint16_t port, bool is_device_fresh, Capture& capture);

}  // namespace conform
