// SPDX-License-Identifier: Apache-2.0
/// Runs cases one after the other against a device, and makes verdicts of what they find.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/evidence.hh"
#include "app/options.hh"
#include "attach/device_process.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "oracle/statement.hh"
#include "report/result.hh"

namespace conform {

class Runner {
  public:
    /// Prepares the attachment; throws UsageError. `options.seed` and `options.time` are set.
    Runner(const Options& options, Iut iut);
    ~Runner();

    /// Told before and after each case; after it once more if the device ended when it was over.
    using Started = std::function<void(const CaseInfo&)>;
    using Progress = std::function<void(const CaseResult&)>;
    RunResult run(const std::vector<const CaseInfo*>& cases, const Started& started,
                  const Progress& progress);

  private:
    /// `before` is the case before, if there is one.
    CaseResult run_one(const CaseInfo& info, std::uint32_t round, std::uint16_t port,
                       CaseResult* before, const Progress& progress);
    Attachment& attach();
    /// attach() to a process that runs, a new one if it has just ended.
    Attachment& attach_to_living(CaseResult* before, const Progress& progress);
    void start_device();
    /// The process ended during the case: that is why, whatever the case saw. One that hangs is
    /// ended, so that no case after this one pays for it.
    void blame_process(CaseResult& result);
    /// The process has ended since the last case, `result`: it could not bear the end of it. False
    /// if it runs, or is none of ours.
    bool blame_late_end(CaseResult& result, std::chrono::milliseconds patience,
                        const Progress& progress);

    /// The case that found nothing to attach to; empty: none did. The others do not try again, as
    /// each would wait for as long.
    std::string unattached_case_;
    /// The first case that failed, where no other is begun then.
    std::string failed_case_;
    Options options_;
    Iut iut_;
    StatementCheck statement_;
    Evidence evidence_;
    AttachmentPoint point_;
    // The device ends before the taps that it hangs on are removed.
    std::unique_ptr<DeviceProcess> device_;
    std::unique_ptr<Attachment> attachment_;
};

}  // namespace conform
