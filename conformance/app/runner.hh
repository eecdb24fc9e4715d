// SPDX-License-Identifier: Apache-2.0
/// Runs cases one after the other against a device, and makes verdicts of what they find.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/options.hh"
#include "attach/device_process.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/result.hh"

namespace conform {

/// Lets `info` run on `attachment`, then the oracles on its capture. The verdict is that of the
/// conversation alone: what the device's process did is the runner's to know.
CaseResult run_case(const CaseInfo& info, Attachment& attachment, const Iut& iut,
                    std::uint64_t seed, std::uint16_t port, bool is_device_fresh, Capture& capture);

class Runner {
  public:
    /// Prepares the attachment; throws UsageError. `options.seed` and `options.time` are set.
    Runner(const Options& options, Iut iut);
    ~Runner();

    /// Told before and after each case.
    using Started = std::function<void(const CaseInfo&)>;
    using Progress = std::function<void(const CaseResult&)>;
    RunResult run(const std::vector<const CaseInfo*>& cases, const Started& started,
                  const Progress& progress);

  private:
    CaseResult run_one(const CaseInfo& info, std::uint16_t port);
    Attachment& attach();
    void start_device();
    /// The process ended during the case: that is why, whatever the case saw.
    void blame_process(CaseResult& result);
    void write_evidence(CaseResult& result, const Capture& capture);
    std::string rerun_line(std::string_view id) const;

    Options options_;
    Iut iut_;
    AttachmentPoint point_;
    Duration epoch_offset_{};
    // The device ends before the taps that it hangs on are removed.
    std::unique_ptr<DeviceProcess> device_;
    std::unique_ptr<Attachment> attachment_;
};

}  // namespace conform
