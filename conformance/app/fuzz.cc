// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "app/device_number.hh"
#include "app/evidence.hh"
#include "app/fuzz_files.hh"
#include "app/shell_word.hh"
#include "attach/interrupt.hh"
#include "fuzzing/minimize.hh"
#include "fuzzing/promoted_case.hh"

namespace conform {
namespace {

using std::chrono::steady_clock;

/// One batch in so many waits for what comes 15 s later.
constexpr std::uint64_t kLongEvery = 16;
/// Different ones; of more the run ends, for the device has lost its mind.
constexpr std::size_t kFindingsMax = 50;
/// Screenings for the smallest set of cases that shows something together.
constexpr int kCompanyTries = 60;
/// Each takes as long as an answer is waited for: of more the run ends, and a case is made no
/// smaller.
constexpr std::size_t kHangsMax = 16;
constexpr std::size_t kHangTries = 6;

class Fuzzer {
  public:
    Fuzzer(const Options& options, const Iut& iut,
           const std::function<void(const FuzzProgress&)>& progress)
        : options_(options),
          fuzz_(options.fuzz),
          iut_(iut),
          progress_(progress),
          batch_size_(fuzz_batch_size(iut)),
          began_(steady_clock::now()) {
        report_ = {"shunt-conform " CONFORM_VERSION,
                   iut.statement.name,
                   *options.seed,
                   fuzz_.from,
                   0,
                   fuzz_.from};
        report_.farm = fuzzing::fuzz_farm(iut);
        const std::size_t jobs = options.run.jobs.value_or(1);
        const bool is_numbered = has_numbers(iut, options.device_command);
        if (!is_numbered && jobs > 1) {
            throw UsageError("--jobs: expected {n} in ixit.front and in the command behind --");
        }
        for (std::size_t number = 0; number < jobs; ++number) {
            Options own = options;
            own.device_command = numbered(own.device_command, number);
            own_options_.push_back(std::make_unique<Options>(std::move(own)));
            std::string log;
            if (!options.out_path.empty()) log = options.out_path + "/device.log";
            if (!log.empty() && number > 0) log += fmt::format(".{}", number);
            benches_.push_back(
                std::make_unique<FuzzBench>(*own_options_.back(), numbered(iut, number), log));
        }
    }

    FuzzReport run() {
        attempt([this] {
            require_twins();
            if (fuzz_.only.empty()) {
                work();
            } else {
                run_only();
            }
        });
        conclude();
        report_.next = next();
        report_.is_whole = fuzz_.only.empty() ? report_.next >= end() : true;
        return std::move(report_);
    }

  private:
    /// What has been found is not lost by what ends the run.
    void attempt(const std::function<void()>& action) {
        try {
            action();
        } catch (const UsageError&) {
            throw;
        } catch (const Interrupted&) {
            report_.is_interrupted = true;
        } catch (const std::exception& error) {
            if (report_.trouble.empty()) report_.trouble = error.what();
        }
    }

    /// Of a device that does not serve connections nobody disturbs, frames that disturb tell
    /// nothing.
    void require_twins() {
        const FuzzScreening screening = benches_.front()->screen({});
        if (screening.common.empty()) return;
        throw AttachmentError(
            fmt::format("before any mutated frame: {}; see shunt-conform run", screening.common));
    }

    std::uint64_t end() const {
        const std::uint64_t left = UINT64_MAX - fuzz_.from;
        const std::uint64_t usual = fuzz_.minutes ? left : FuzzOptions::kUsualCount;
        return fuzz_.from + std::min(left, fuzz_.count.value_or(usual));
    }

    bool is_long(std::uint64_t index) const {
        return index / batch_size_ % kLongEvery == kLongEvery - 1;
    }

    /// Batches begin where they always do, wherever a run begins: it may be resumed.
    std::optional<FuzzBatch> take() {
        const std::scoped_lock lock(mutex_);
        const bool is_late =
            fuzz_.minutes && steady_clock::now() - began_ >= std::chrono::minutes(*fuzz_.minutes);
        const bool is_full = options_.run.is_fail_fast && !report_.findings.empty();
        if (!begun_) taken_ = fuzz_.from;
        begun_ = true;
        if (is_late || is_full || is_stopped_ || taken_ >= end()) return std::nullopt;
        if (report_.findings.size() >= kFindingsMax || hangs_ >= kHangsMax) return std::nullopt;
        FuzzBatch batch;
        batch.is_long = is_long(taken_);
        const std::uint64_t left_of_batch =
            std::min(batch_size_ - taken_ % batch_size_,
                     fuzzing::kCasesOfASort - taken_ % fuzzing::kCasesOfASort);
        const std::uint64_t last = taken_ + std::min(end() - taken_, left_of_batch);
        unfinished_.push_back(taken_);
        for (; taken_ < last; ++taken_)
            batch.indices.push_back(taken_);
        return batch;
    }

    std::uint64_t next() const {
        if (!fuzz_.only.empty()) return fuzz_.only.back() + 1;
        const auto first = std::ranges::min_element(unfinished_);
        return first == unfinished_.end() ? (begun_ ? taken_ : fuzz_.from) : *first;
    }

    void work() {
        std::vector<std::thread> threads;
        std::vector<std::exception_ptr> troubles(benches_.size());
        threads.reserve(benches_.size());
        const auto work_on = [&](std::size_t i) {
            try {
                work(*benches_[i]);
            } catch (...) {
                troubles[i] = std::current_exception();
                const std::scoped_lock lock(mutex_);
                is_stopped_ = true;
            }
        };
        for (std::size_t i = 1; i < benches_.size(); ++i)
            threads.emplace_back(work_on, i);
        work_on(0);
        for (std::thread& thread : threads)
            thread.join();
        for (const std::exception_ptr& each : troubles) {
            if (each) std::rethrow_exception(each);
        }
    }

    void work(FuzzBench& bench) {
        std::optional<FuzzBatch> before;
        while (std::optional<FuzzBatch> batch = take()) {
            throw_if_interrupted();
            const FuzzScreening screening = bench.screen(*batch);
            if (before) investigate_late(bench, *before, screening.dead_before);
            if (!screening.failed.empty() || !screening.common.empty())
                investigate(bench, *batch, screening, before ? &*before : nullptr);
            finish(*batch, screening);
            before = std::move(batch);
        }
        if (before) investigate_late(bench, *before, bench.late_end());
    }

    /// It has ended when its tester had hung up.
    void investigate_late(FuzzBench& bench, const FuzzBatch& batch, const std::string& end) {
        if (!end.empty()) investigate(bench, batch, {{}, "CRASH: " + end, {}, 0}, nullptr);
    }

    void finish(const FuzzBatch& batch, const FuzzScreening& screening) {
        const std::scoped_lock lock(mutex_);
        std::erase(unfinished_, batch.indices.front());
        report_.cases += batch.indices.size();
        report_.fingerprint += screening.fingerprint;
        progress_({report_.cases, batch.indices.back() + 1, report_.findings.size()});
    }

    /// Those that have been found wrong, or all if nobody knows whose doing it was, each by itself;
    /// where a process has ended, and it was none of them, those of the batch before.
    void investigate(FuzzBench& bench, const FuzzBatch& batch, const FuzzScreening& screening,
                     const FuzzBatch* before) {
        const bool is_end = screening.common.starts_with("CRASH");
        // It may end when its tester has hung up: who waits a moment sees whose doing it is.
        if (is_end) bench.be_patient();
        bool is_explained = false;
        try {
            for (const std::uint64_t index : batch.indices) {
                if (screening.common.empty() && !screening.failed.contains(index)) continue;
                if (judge_alone(bench, index, batch)) {
                    is_explained = true;
                } else if (screening.failed.contains(index)) {
                    note("beside others: " + screening.failed.at(index), index, batch, nullptr);
                }
            }
            for (std::size_t i = 0; is_end && before && !is_explained; ++i) {
                if (i == before->indices.size()) break;
                is_explained = judge_alone(bench, before->indices[i], *before);
            }
        } catch (...) {
            if (!is_explained && !screening.common.empty()) note_common(batch, screening);
            throw;
        }
        if (!is_explained && !screening.common.empty()) note_common(batch, screening);
    }

    bool judge_alone(FuzzBench& bench, std::uint64_t index, const FuzzBatch& batch) {
        Conversation conversation;
        const CaseResult result =
            bench.judge(draw(index), fmt::format("fuzz/{}", index), batch.is_long, conversation);
        if (result.verdict <= Verdict::NonStrict) return false;
        note(fuzz_signature(result), index, batch, &result);
        return true;
    }

    void note_common(const FuzzBatch& batch, const FuzzScreening& screening) {
        note("beside others: " + reason_signature(screening.common), batch.indices.front(), batch,
             nullptr);
    }

    fuzzing::FuzzCase draw(std::uint64_t index) const {
        return fuzzing::draw_case(*options_.seed, index, report_.farm);
    }

    /// `alone`: what became of the case by itself; null if only the batch shows it.
    void note(const std::string& signature, std::uint64_t index, const FuzzBatch& batch,
              const CaseResult* alone) {
        const std::scoped_lock lock(mutex_);
        if (signature.find("HANG") != std::string::npos) ++hangs_;
        auto known = std::ranges::find(report_.findings, signature, &FuzzFinding::signature);
        const bool is_new = known == report_.findings.end();
        if (is_new) {
            report_.findings.push_back({.signature = signature, .index = index});
            known = report_.findings.end() - 1;
        }
        ++known->count;
        if (is_new || index < known->index) {
            known->index = index;
            known->is_long = batch.is_long;
            known->company = alone != nullptr ? std::vector<std::uint64_t>{} : batch.indices;
            known->result = alone != nullptr ? *alone : CaseResult{};
            if (alone == nullptr) overrule(known->result, Verdict::Fail, signature);
        }
        if (is_new) {
            progress_({report_.cases, index, report_.findings.size(), signature, index});
        }
    }

    void run_only() {
        FuzzBench& bench = *benches_.front();
        bench.be_patient();
        report_.from = fuzz_.only.front();
        report_.cases = fuzz_.only.size();
        FuzzBatch batch{fuzz_.only, is_long(fuzz_.only.front())};
        if (batch.indices.size() == 1) {
            judge_alone(bench, batch.indices.front(), batch);
            return;
        }
        const FuzzScreening screening = bench.screen(batch);
        if (!screening.failed.empty() || !screening.common.empty())
            investigate(bench, batch, screening, nullptr);
    }

    /// In the order of their cases, each as small as it gets, with its evidence; as it was drawn
    /// where the run has ended before its time.
    void conclude() {
        std::ranges::sort(report_.findings, {}, &FuzzFinding::index);
        const FuzzFiles files(options_, iut_);
        for (FuzzFinding& finding : report_.findings) {
            name(finding);
            files.note_rerun(finding, report_);
        }
        for (FuzzFinding& finding : report_.findings) {
            if (report_.is_interrupted || !report_.trouble.empty()) return;
            attempt([&] {
                Conversation conversation;
                if (finding.company.empty()) {
                    minimize(finding, conversation);
                } else {
                    reduce(finding);
                }
                files.note_rerun(finding, report_);
                files.write(finding, conversation);
            });
        }
    }

    void name(FuzzFinding& finding) const {
        if (!finding.company.empty()) {
            finding.name = fmt::format("company-{}-{}", report_.seed, finding.index);
            return describe_company(finding);
        }
        finding.fuzz = draw(finding.index);
        finding.name = fmt::format("{}-{}-{}-{}", to_string(finding.fuzz.state),
                                   fuzzing::name_of(finding.fuzz.stimuli.front()), report_.seed,
                                   finding.index);
    }

    void describe_company(FuzzFinding& finding) const {
        finding.company_cases.clear();
        for (const std::uint64_t index : finding.company)
            finding.company_cases.push_back(fuzzing::describe(draw(index)));
    }

    void minimize(FuzzFinding& finding, Conversation& conversation) {
        FuzzBench& bench = *benches_.front();
        const fuzzing::FuzzCase original = finding.fuzz;
        const std::string id = std::string(fuzzing::kPromotedFolder) + finding.name;
        bool is_long = finding.is_long;
        std::size_t hangs = 0;
        const auto still_fails = [&](const fuzzing::FuzzCase& fuzz) {
            if (hangs >= kHangTries) return false;
            Conversation ignored;
            const CaseResult result = bench.judge(fuzz, id, is_long, ignored);
            if (result.verdict == Verdict::Hang) ++hangs;
            return fuzz_signature(result) == finding.signature;
        };
        if (!still_fails(original)) {
            // It hangs on numbers that its name draws.
            const std::string drawn = fmt::format("fuzz/{}", finding.index);
            finding.result = bench.judge(original, drawn, is_long, conversation);
            finding.result.reason += " (with its own numbers alone)";
            return;
        }
        // What waiting for 16 s is not needed for is shown in 2 s.
        if (is_long) {
            is_long = false;
            is_long = !still_fails(original);
        }
        finding.fuzz = fuzzing::minimized(original, still_fails);
        finding.is_long = is_long;
        finding.result = bench.judge(finding.fuzz, id, is_long, conversation);
        finding.is_case = true;
    }

    /// Halves of it that still show something, then without one after the other.
    void reduce(FuzzFinding& finding) {
        FuzzBench& bench = *benches_.front();
        int tries = kCompanyTries;
        const auto still_shows = [&](const std::vector<std::uint64_t>& indices) {
            if (indices.empty() || --tries < 0) return false;
            const FuzzScreening screening = bench.screen({indices, finding.is_long});
            return !screening.failed.empty() || !screening.common.empty();
        };
        for (std::size_t part = finding.company.size() / 2; part > 0; part /= 2) {
            for (std::size_t at = 0; at + part <= finding.company.size();) {
                std::vector<std::uint64_t> rest = finding.company;
                const auto from = rest.begin() + static_cast<std::ptrdiff_t>(at);
                rest.erase(from, from + static_cast<std::ptrdiff_t>(part));
                if (still_shows(rest)) {
                    finding.company = std::move(rest);
                    describe_company(finding);
                } else {
                    at += part;
                }
            }
        }
    }

    const Options& options_;
    const FuzzOptions& fuzz_;
    const Iut& iut_;
    const std::function<void(const FuzzProgress&)>& progress_;
    std::size_t batch_size_;
    steady_clock::time_point began_;
    std::vector<std::unique_ptr<Options>> own_options_;
    std::vector<std::unique_ptr<FuzzBench>> benches_;
    std::mutex mutex_;
    FuzzReport report_;
    std::uint64_t taken_ = 0;
    bool begun_ = false;
    bool is_stopped_ = false;
    std::size_t hangs_ = 0;
    std::vector<std::uint64_t> unfinished_;  ///< first indices of batches that were begun
};

}  // namespace

FuzzReport run_fuzz(const Options& options, const Iut& iut,
                    const std::function<void(const FuzzProgress&)>& progress) {
    // SEC-11: nothing that fuzzing sends leaves the machine, or reaches anybody but the device.
    if (options.time != TimeKind::Virtual)
        throw UsageError("fuzz: expected a device on one unix: socket, in virtual time");
    if (iut.peers.empty() || !iut.statement.has_profile("endpoint"))
        throw UsageError("fuzz: expected a member of a farm that claims the profile endpoint");
    return Fuzzer(options, iut, progress).run();
}

}  // namespace conform
