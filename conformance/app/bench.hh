// SPDX-License-Identifier: Apache-2.0
/// One device of a run: starts it, attaches to it, lets cases act on it, and says what they have
/// done to it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/case_queue.hh"
#include "app/company.hh"
#include "app/evidence.hh"
#include "app/options.hh"
#include "app/pulse.hh"
#include "attach/device_process.hh"
#include "iut/iut.hh"
#include "report/qualification.hh"

namespace conform {

class Bench {
  public:
    /// Prepares the attachment; throws UsageError. `options.seed` and `options.time` are set, `{n}`
    /// in command and `iut` has been replaced.
    /// `observe` is told what each case has heard, from any thread.
    using Observe = std::function<void(const CaseResult&, const Capture&)>;
    Bench(Options options, Iut iut, const Evidence& evidence, std::string log_path,
          Observe observe);

    /// Measures how well judge and device are joined, and whether the device bears `jobs` cases at
    /// once; no case has begun.
    Qualification qualify(std::size_t jobs);
    void calibrate(const Qualification& qualification);
    /// Takes cases until none is left.
    void work(CaseQueue& queue, std::size_t jobs);
    /// The device and what joins us to it are given up; a new one starts when it is needed.
    void let_go();

  private:
    /// One to be run alone; `before`: what it was doubted for, if it has run before.
    struct Doubtful {
        PlannedCase planned;
        std::string before{};
    };
    struct Ended {
        PlannedCase planned;
        CaseResult result;
    };

    void work_in_company(CaseQueue& queue, std::deque<PlannedCase> waiting, std::size_t jobs);
    /// Those that were there when the device was lost, one after the other: who loses it again is
    /// guilty, and those behind it go back to `waiting`.
    void find_guilty(CaseQueue& queue, const Company::Loss& loss, std::deque<PlannedCase>& waiting);
    /// The first frame of the case without which the device lives, where the device is a process of
    /// ours: by running the case again with the first K of its frames.
    void pin(CaseQueue& queue, const PlannedCase& planned, const Place& place, CaseResult& result,
             Conversation& conversation);
    bool is_lost_with(CaseQueue& queue, const PlannedCase& planned, const Place& place,
                      Verdict verdict, std::size_t limit);
    CaseResult work_alone(CaseQueue& queue, const Doubtful& doubtful, bool is_told);
    /// What came of a case, and why that is doubted.
    std::string spell(const CaseResult& result, const Noise& noise) const;
    /// Once, and how noisy it was.
    CaseResult try_alone(CaseQueue& queue, const PlannedCase& planned, Conversation& conversation,
                         Noise& noise);
    void tell(CaseQueue& queue, const PlannedCase& planned, CaseResult result,
              const Conversation& conversation);
    /// Between two cases that begin beside each other.
    Duration seating_pause();
    /// What was measured while a case took place that has just ended.
    Noise noise_during(const Conversation& conversation);
    /// A failure that the noise may have made.
    bool is_doubtful(const CaseResult& result, const Noise& noise) const;

    Attachment& attach(std::size_t conversations);
    /// attach() to a process that runs, a new one if it has just ended.
    Attachment& attach_to_living(CaseQueue& queue, std::size_t conversations);
    void start_device();
    /// The process ended during the case: that is why, whatever the case saw. One that hangs is
    /// ended, so that no case after this one pays for it.
    void blame_process(CaseResult& result);
    /// The process has ended since the last case: it could not bear the end of it. False if it
    /// runs, or is none of ours.
    bool blame_late_end(CaseQueue& queue, std::chrono::milliseconds patience);

    Options options_;
    Iut iut_;
    const Evidence& evidence_;
    std::string log_path_;
    Observe observe_;
    AttachmentPoint point_;
    /// The device goes on from case to case, and as far as is known its upper tester resets it.
    bool may_wipe_;
    /// The case that found nothing to attach to; empty: none did. The others do not try again, as
    /// each would wait for as long.
    std::string unattached_case_;
    std::optional<Ended> last_;
    int pins_ = 0;
    // The device ends before the taps that it hangs on are removed.
    std::unique_ptr<DeviceProcess> device_;
    std::unique_ptr<Attachment> attachment_;
    Pulse* pulse_ = nullptr;  ///< in wall time, what `attachment_` is
};

}  // namespace conform
