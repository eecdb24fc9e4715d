// SPDX-License-Identifier: Apache-2.0
/// One case on one attachment, from its first packet to its verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "cases/registry.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/result.hh"

namespace conform {

/// The result of a case that has not run: its name and what it tests.
CaseResult describe(const CaseInfo& info);

/// Makes a verdict of how talking to the device can end. UsageError and Interrupted end the run.
void blame_what_ends(CaseResult& result, const std::function<void()>& action);

/// A case that is driven from outside: by a live attachment, alone or beside others, or by the
/// turns of a record.
class CaseRun {
  public:
    CaseRun(const CaseInfo& info, Attachment& attachment, const Iut& iut, std::uint64_t seed,
            const Place& place);
    CaseRun(const CaseRun&) = delete;
    CaseRun& operator=(const CaseRun&) = delete;

    /// The case's task is spawned; run it, or begin() and take turns, within drive().
    Scheduler& scheduler() { return stage_.wire().scheduler(); }
    Wire& wire() { return stage_.wire(); }
    /// Whatever ends the case in `action` becomes its verdict. False: it has ended.
    bool drive(const std::function<void()>& action);
    /// The case is over, or what drove it is: the oracles look at what there is, and the verdict is
    /// that of the conversation alone. Once; what was said is moved to `conversation`.
    CaseResult conclude(Conversation& conversation);

  private:
    const Iut& iut_;
    Place place_;
    std::uint64_t seed_;
    CaseResult result_;
    std::vector<Finding> violations_;
    Stage stage_;
};

/// Lets `info` run on `attachment`, then the oracles on its capture. What the device's process did
/// is the runner's to know.
CaseResult run_case(const CaseInfo& info, Attachment& attachment, const Iut& iut,
                    std::uint64_t seed, const Place& place, Conversation& conversation);

}  // namespace conform
