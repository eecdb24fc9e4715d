// SPDX-License-Identifier: Apache-2.0
/// Runs cases against a device, or against several of its kind, and makes verdicts of what they
/// find.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/bench.hh"
#include "app/case_queue.hh"
#include "app/evidence.hh"
#include "app/options.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "oracle/statement.hh"
#include "report/result.hh"

namespace conform {

class Runner {
  public:
    /// Whether a failure is one that --known-failing names.
    using IsKnown = std::function<bool(const CaseResult&)>;

    /// Prepares the attachments; throws UsageError. `options.seed` and `options.time` are set.
    Runner(const Options& options, Iut iut, IsKnown is_known = {});
    ~Runner();

    /// Told before and after each case; after it once more if the device ended when it was over.
    /// Never two at a time, but from any thread where there are several devices.
    using Started = CaseQueue::Started;
    using Progress = CaseQueue::Progress;
    RunResult run(const std::vector<const CaseInfo*>& cases, const Started& started,
                  const Progress& progress);

    /// The user has ended run() before its end: what had not ended by then is NOT-RUN.
    bool was_interrupted() const { return was_interrupted_; }

    /// Whether judge and device are joined well; the cases of run() then have timers to match.
    Qualification qualify();

  private:
    void work(CaseQueue& queue);
    bool ends_run(const CaseResult& result) const;
    /// Holds the statement against what a device has said, from whichever thread.
    void observe(const CaseResult& result, const Capture& heard);

    Options options_;
    Iut iut_;
    std::mutex observing_;
    StatementCheck statement_;
    Evidence evidence_;
    std::size_t jobs_;
    IsKnown is_known_;
    bool was_interrupted_ = false;
    std::vector<std::unique_ptr<Bench>> benches_;
};

}  // namespace conform
