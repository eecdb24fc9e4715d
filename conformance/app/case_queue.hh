// SPDX-License-Identifier: Apache-2.0
/// The cases that a run has still to do, and what came of those that it has done: the devices of a
/// run, each in a thread of its own, take from it and report to it.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/planned_case.hh"
#include "report/result.hh"

namespace conform {

class CaseQueue {
  public:
    using Started = std::function<void(const CaseInfo&)>;
    using Progress = std::function<void(const CaseResult&)>;
    /// Whether no case is to begin behind one with this result.
    using EndsRun = std::function<bool(const CaseResult&)>;

    /// `is_sharing`: cases that may run beside each other are taken together.
    CaseQueue(std::vector<PlannedCase> planned, bool is_sharing, EndsRun ends_run, Started started,
              Progress progress);

    /// One that is not to run, with the reason; before any is taken.
    void leave_out(const PlannedCase& planned, CaseResult result);

    /// All that share a device in one round; empty where there is none left.
    std::deque<PlannedCase> take_company();
    /// One that has the device for itself.
    std::optional<PlannedCase> take_one();
    /// A case has ended the run, and none is to begin any more; or a device's thread has thrown.
    bool is_over() const;
    void stop();

    void start(const PlannedCase& planned);
    /// Again if something became known later.
    void finish(const PlannedCase& planned, const CaseResult& result);
    std::uint16_t next_port();
    /// Ports begin here.
    void begin_ports_at(std::uint16_t port) { port_ = port; }

    /// In the order of the plan; what has not run says so.
    std::vector<CaseResult> take_results();

  private:
    void tell_of_left_out(const PlannedCase& planned);

    mutable std::mutex mutex_;
    std::vector<std::deque<PlannedCase>> companies_;  ///< one a round
    std::deque<PlannedCase> ones_;
    std::vector<CaseResult> results_;
    std::vector<bool> has_ended_;
    std::vector<bool> is_left_out_;
    EndsRun ends_run_;
    bool is_stopped_ = false;
    std::string failed_case_;
    std::uint16_t port_ = 0;
    Started started_;
    Progress progress_;
};

}  // namespace conform
