// SPDX-License-Identifier: Apache-2.0
#include "app/case_run.hh"

#include <fmt/format.h>

#include <algorithm>

#include "oracle/oracle.hh"
#include "report/pcapng.hh"

namespace conform {
namespace {

/// What every case runs in: the device is alive before and after it, and its mistakes become
/// findings, not the end of the scheduler.
Task<> guard(const CaseInfo& info, Stage& stage, std::vector<Finding>& violations) {
    try {
        if (info.needs_back && !stage.iut().back) throw NotRunnable("needs ixit.back, none given");
        co_await stage.set_up();
        co_await stage.expect_alive("before the case");
        co_await info.run(stage);
    } catch (const Violation& violation) {
        violations.push_back(violation.finding());
    }
    co_await stage.expect_alive("after the case");
}

/// Case and oracle may see the same thing: it is reported once.
void add(CaseResult& result, const Finding& finding) {
    const bool is_known =
        std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& other) {
            return other.frame == finding.frame && other.message() == finding.message();
        });
    if (!is_known) result.findings.push_back(finding);
}

void judge(CaseResult& result) {
    for (const Finding& finding : result.findings) {
        const bool is_must = finding.level == Level::Must;
        result.verdict = worse(result.verdict, is_must ? Verdict::Fail : Verdict::NonStrict);
    }
    if (result.findings.empty() || !result.reason.empty()) return;
    result.reason = result.findings.front().message();
    if (result.findings.size() > 1) {
        result.reason += fmt::format(" (and {} more)", result.findings.size() - 1);
    }
}

void blame(CaseResult& result, Verdict verdict, const std::exception& reason) {
    result.verdict = worse(result.verdict, verdict);
    result.reason = reason.what();
}

}  // namespace

CaseResult describe(const CaseInfo& info) {
    CaseResult result;
    result.id = info.id;
    result.requirements.assign(info.requirements.begin(), info.requirements.end());
    return result;
}

void blame_what_ends(CaseResult& result, const std::function<void()>& action) {
    try {
        action();
    } catch (const DeviceGone& reason) {
        blame(result, Verdict::Crash, reason);
    } catch (const DeviceHangs& reason) {
        blame(result, Verdict::Hang, reason);
    } catch (const DeviceMisbehaves& reason) {
        blame(result, Verdict::Fail, reason);
    } catch (const NotRunnable& reason) {
        blame(result, Verdict::NotRun, reason);
    } catch (const Unsupported& reason) {
        blame(result, Verdict::Unsupported, reason);
    } catch (const AttachmentError& reason) {
        blame(result, Verdict::Error, reason);
    } catch (const std::logic_error& reason) {
        blame(result, Verdict::Error, reason);
    }
}

CaseRun::CaseRun(const CaseInfo& info, Attachment& attachment, const Iut& iut, std::uint64_t seed,
                 const Place& place)
    : iut_(iut),
      place_(place),
      seed_(seed),
      result_(describe(info)),
      stage_(attachment, iut, Random(seed, info.id), place) {
    scheduler().spawn(guard(info, stage_, violations_));
}

bool CaseRun::drive(const std::function<void()>& action) {
    blame_what_ends(result_, action);
    return result_.verdict == Verdict::Pass;
}

CaseResult CaseRun::conclude(Conversation& conversation) {
    Wire& wire = stage_.wire();
    conversation.turns = wire.scheduler().turns();
    conversation.control = wire.control_lines();
    conversation.port = place_.port;
    conversation.has_channels = place_.has_channels;
    conversation.seed = seed_;
    result_.duration = wire.now() - conversation.turns.front();
    conversation.frames = std::move(wire.capture());
    for (const std::vector<Finding>& found :
         {violations_, stage_.findings(), examine(conversation.frames, iut_)}) {
        for (const Finding& finding : found)
            add(result_, finding);
    }
    for (Finding& finding : result_.findings) {
        if (finding.frame) finding.packet = packet_number(conversation, *finding.frame);
    }
    judge(result_);
    return std::move(result_);
}

CaseResult run_case(const CaseInfo& info, Attachment& attachment, const Iut& iut,
                    std::uint64_t seed, const Place& place, Conversation& conversation) {
    CaseRun run(info, attachment, iut, seed, place);
    run.drive([&run] { run.scheduler().run(); });
    return run.conclude(conversation);
}

}  // namespace conform
