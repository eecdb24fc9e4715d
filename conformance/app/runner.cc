// SPDX-License-Identifier: Apache-2.0
#include "app/runner.hh"

#include <fmt/format.h>

#include "app/applicability.hh"
#include "app/case_run.hh"
#include "iut/link_of.hh"

namespace conform {
namespace {

/// Ports of the cases of one run lie side by side, from a start that the seed draws.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortSpan = 40'000;
/// For a process whose conversation has ended to be gone, so that its exit code is the reason.
constexpr std::chrono::milliseconds kEndPatience{500};
/// The same behind the last case, where nothing else would notice.
constexpr std::chrono::milliseconds kLateEndPatience{50};

/// The last port that a client may have, so that those of the next one still fit.
constexpr std::uint16_t kPortLast = 64'000;

std::uint16_t next_port(std::uint16_t port) {
    const auto next = static_cast<std::uint16_t>(port + Stage::kPortsPerCase);
    return next <= kPortLast ? next : kPortFirst;
}

bool is_failure(const CaseResult& result) {
    return result.verdict >= Verdict::Fail;
}

}  // namespace

Runner::Runner(const Options& options, Iut iut)
    : options_(options),
      iut_(std::move(iut)),
      statement_(iut_),
      evidence_(options_, iut_),
      point_(iut_.front, iut_.back, *options.time, iut_.control_address(),
             [this](ByteView frame) { return link_of(iut_, frame); }) {}

Runner::~Runner() = default;

RunResult Runner::run(const std::vector<const CaseInfo*>& cases, const Started& started,
                      const Progress& progress) {
    RunResult run{"shunt-conform " CONFORM_VERSION, iut_.statement.name, *options_.seed, {}};
    run.suite_size = all_cases().size();
    run.selectors = options_.selectors;
    if (cases.size() == run.suite_size) run.untested = untested_claims(iut_.statement);
    auto port =
        static_cast<std::uint16_t>(kPortFirst + Random(*options_.seed, "ports").below(kPortSpan));
    run.rounds = options_.run.rounds;
    for (std::uint32_t round = 1; round <= run.rounds; ++round) {
        for (const CaseInfo* info : cases) {
            CaseResult* before = run.cases.empty() ? nullptr : &run.cases.back();
            started(*info);
            run.cases.push_back(run_one(*info, round, port, before, progress));
            port = next_port(port);
            progress(run.cases.back());
            if (options_.run.is_fail_fast && is_failure(run.cases.back())) failed_case_ = info->id;
        }
    }
    run.claims = statement_.findings(cases.size() == run.suite_size);
    if (statement_.has_unsupported()) run.untested.push_back(statement_.describe_unsupported());
    if (!run.cases.empty()) blame_late_end(run.cases.back(), kLateEndPatience, progress);
    return run;
}

CaseResult Runner::run_one(const CaseInfo& info, std::uint32_t round, std::uint16_t port,
                           CaseResult* before, const Progress& progress) {
    CaseResult result = describe(info);
    Conversation conversation;
    const std::string obstacle = why_not(info, iut_.statement);
    if (!obstacle.empty()) {
        result.verdict = Verdict::NotRun;
        result.reason = obstacle;
        result.is_claimed = false;
    } else if (!failed_case_.empty()) {
        result.verdict = Verdict::NotRun;
        result.reason = fmt::format("not tried: {} failed before", failed_case_);
    } else if (!unattached_case_.empty()) {
        result.verdict = Verdict::NotRun;
        result.reason = fmt::format("not tried: {} found nothing to talk to", unattached_case_);
    } else {
        blame_what_ends(result, [&] {
            Attachment* attachment = nullptr;
            try {
                attachment = &attach_to_living(before, progress);
            } catch (const AttachmentError&) {
                unattached_case_ = info.id;
                throw;
            }
            result = run_case(info, *attachment, iut_, *options_.seed + (round - 1), port,
                              point_.is_fresh_each_time(), conversation);
        });
        statement_.observe(conversation.frames, info.id);
        blame_process(result);
    }
    if (result.verdict == Verdict::Unsupported) statement_.note_unsupported(info.id);
    result.round = round;
    result.rerun = evidence_.rerun_line(info.id, *options_.seed + (round - 1));
    evidence_.write(result, conversation);
    return result;
}

void Runner::start_device() {
    if (options_.device_command.empty() || device_) return;
    const std::string log =
        options_.out_path.empty() ? std::string() : options_.out_path + "/device.log";
    device_ = std::make_unique<DeviceProcess>(options_.device_command, point_.socket_path(), log,
                                              iut_.timers.start);
}

Attachment& Runner::attach() {
    if (point_.is_fresh_each_time()) attachment_.reset();
    if (!attachment_) attachment_ = point_.open(*options_.seed);
    return *attachment_;
}

Attachment& Runner::attach_to_living(CaseResult* before, const Progress& progress) {
    if (before != nullptr) blame_late_end(*before, std::chrono::milliseconds(0), progress);
    const bool was_there = device_ != nullptr;
    start_device();
    if (before == nullptr || !was_there) return attach();
    try {
        return attach();
    } catch (const DeviceGone&) {
        if (!blame_late_end(*before, kEndPatience, progress)) throw;
    } catch (const AttachmentError&) {
        if (!blame_late_end(*before, kEndPatience, progress)) throw;
    }
    start_device();
    return attach();
}

void Runner::blame_process(CaseResult& result) {
    const bool is_broken = result.verdict >= Verdict::Hang;
    if (is_broken || point_.is_fresh_each_time()) attachment_.reset();
    if (!device_) return;
    const bool is_gone = result.verdict == Verdict::Crash;
    const bool has_ended = is_gone ? device_->ends_within(kEndPatience) : !device_->is_running();
    if (has_ended) {
        overrule(result, worse(result.verdict, Verdict::Crash),
                 "the device " + device_->describe_end());
    }
    if (!is_broken && !has_ended) return;
    // The next case gets a new process, and an attachment to it.
    attachment_.reset();
    device_.reset();
}

bool Runner::blame_late_end(CaseResult& result, std::chrono::milliseconds patience,
                            const Progress& progress) {
    if (!device_ || !device_->ends_within(patience)) return false;
    overrule(result, worse(result.verdict, Verdict::Crash),
             "after the case the device " + device_->describe_end());
    evidence_.amend(result);
    attachment_.reset();
    device_.reset();
    progress(result);
    return true;
}

}  // namespace conform
