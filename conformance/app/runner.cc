// SPDX-License-Identifier: Apache-2.0
#include "app/runner.hh"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "app/applicability.hh"
#include "app/burst.hh"
#include "app/case_run.hh"
#include "app/device_number.hh"
#include "app/qualify.hh"

namespace conform {
namespace {

/// Where ports begin is drawn from the seed.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortSpan = 40'000;
/// Enough to hide all waiting, and few enough that none waits for the others' frames.
constexpr std::size_t kJobsOfWallTime = 32;
constexpr std::size_t kDevicesIfNumbered = 6;

std::size_t devices_of(const Options& options, const Iut& iut) {
    const bool is_numbered = has_numbers(iut, options.device_command);
    if (!is_numbered && options.run.devices.value_or(1) > 1) {
        throw UsageError("--devices: expected {n} in ixit.front and in the command behind --");
    }
    return options.run.devices.value_or(is_numbered ? kDevicesIfNumbered : 1);
}

std::size_t jobs_of(const Options& options, const Iut& iut) {
    const std::size_t usual = options.time == TimeKind::Wall ? kJobsOfWallTime : 1;
    const std::size_t wanted = options.run.jobs.value_or(usual);
    return iut.conversations_bound == 0 ? wanted : std::min(wanted, iut.conversations_bound);
}

}  // namespace

Runner::Runner(const Options& options, Iut iut, IsKnown is_known)
    : options_(options),
      iut_(std::move(iut)),
      statement_(iut_),
      evidence_(options_, iut_),
      jobs_(jobs_of(options_, iut_)),
      is_known_(std::move(is_known)) {
    const std::size_t devices = devices_of(options_, iut_);
    for (std::size_t number = 0; number < devices; ++number) {
        Options own = options_;
        own.device_command = numbered(own.device_command, number);
        std::string log;
        if (!options_.out_path.empty()) log = options_.out_path + "/device.log";
        if (!log.empty() && number > 0) log += fmt::format(".{}", number);
        benches_.push_back(std::make_unique<Bench>(
            std::move(own), numbered(iut_, number), evidence_, log,
            [this](const CaseResult& result, const Capture& heard) { observe(result, heard); }));
    }
}

Runner::~Runner() = default;

RunResult Runner::run(const std::vector<const CaseInfo*>& cases, const Started& started,
                      const Progress& progress) {
    RunResult run{"shunt-conform " CONFORM_VERSION, iut_.statement.name, *options_.seed, {}};
    run.suite_size = options_.run.is_of_suite ? all_cases().size() : 0;
    run.rounds = options_.run.rounds;
    run.selectors = options_.selectors;
    if (cases.size() == run.suite_size) run.untested = untested_claims(iut_.statement);
    std::vector<PlannedCase> planned;
    planned.reserve(cases.size() * run.rounds);
    for (std::uint32_t round = 1; round <= run.rounds; ++round) {
        for (const CaseInfo* info : cases)
            planned.push_back({info, planned.size(), round, *options_.seed + (round - 1)});
    }
    try {
        if (options_.run.has_qualification) run.qualification = qualify();
    } catch (const Interrupted&) {
        was_interrupted_ = true;
    }
    CaseQueue queue(
        planned, jobs_ > 1, [this](const CaseResult& result) { return ends_run(result); }, started,
        progress);
    const auto first = kPortFirst + Random(*options_.seed, "ports").below(kPortSpan);
    queue.begin_ports_at(static_cast<std::uint16_t>(first));
    for (const PlannedCase& each : planned) {
        const std::string obstacle = why_not(*each.info, iut_.statement);
        if (obstacle.empty()) continue;
        CaseResult result = describe(*each.info);
        result.verdict = Verdict::NotRun;
        result.reason = obstacle;
        result.is_claimed = false;
        result.round = each.round;
        result.rerun = evidence_.rerun_line(each.info->id, each.seed);
        queue.leave_out(each, result);
    }
    try {
        if (!was_interrupted_) work(queue);
    } catch (const Interrupted&) {
        was_interrupted_ = true;
    }
    run.cases = queue.take_results();
    run.claims = statement_.findings(cases.size() == run.suite_size);
    if (statement_.has_unsupported()) run.untested.push_back(statement_.describe_unsupported());
    return run;
}

bool Runner::ends_run(const CaseResult& result) const {
    if (!options_.run.is_fail_fast || result.verdict < Verdict::Fail) return false;
    return !is_known_ || !is_known_(result);
}

void Runner::observe(const CaseResult& result, const Capture& heard) {
    const std::scoped_lock lock(observing_);
    if (!heard.empty()) statement_.observe(heard, result.id);
    if (result.verdict == Verdict::Unsupported) statement_.note_unsupported(result.id);
}

Qualification Runner::qualify() {
    const Qualification found = benches_.front()->qualify(jobs_);
    // Before any thread begins: the evidence tells the timers that were in force.
    iut_.timers = calibrated(iut_.timers, found);
    for (const auto& bench : benches_)
        bench->calibrate(found);
    if (found.connections > 0) jobs_ = bearable(found.connections, found.served);
    return found;
}

void Runner::work(CaseQueue& queue) {
    if (benches_.size() == 1) return benches_.front()->work(queue, jobs_);
    std::vector<std::thread> threads;
    std::vector<std::exception_ptr> trouble(benches_.size());
    threads.reserve(benches_.size());
    for (std::size_t i = 0; i < benches_.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                benches_[i]->work(queue, jobs_);
            } catch (...) {
                trouble[i] = std::current_exception();
                queue.stop();
            }
            // What this thread has started is killed when it ends, unless it is asked to end
            // before.
            benches_[i]->let_go();
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const std::exception_ptr& each : trouble) {
        if (each) std::rethrow_exception(each);
    }
}

}  // namespace conform
