// SPDX-License-Identifier: Apache-2.0
#include "app/runner.hh"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "iut/farm_kind.hh"
#include "oracle/oracle.hh"
#include "report/pcapng.hh"

namespace conform {
namespace {

/// Ports of the cases of one run lie side by side, from a start that the seed draws.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortSpan = 40'000;
/// For a process whose conversation has ended to be gone, so that its exit code is the reason.
constexpr std::chrono::milliseconds kEndPatience{500};
/// The same behind the last case, where nothing else would notice.
constexpr std::chrono::milliseconds kLateEndPatience{50};

/// What every case runs in: its own mistakes become findings, not the end of the scheduler.
Task<> guard(const CaseInfo& info, Stage& stage, std::vector<Finding>& violations) {
    try {
        co_await stage.set_up();
        co_await info.run(stage);
    } catch (const Violation& violation) {
        violations.push_back(violation.finding());
    }
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

/// Makes a verdict of how talking to the device can end. UsageError and Interrupted end the run.
template <class Action>
void blame_what_ends(CaseResult& result, Action action) {
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

/// As a shell reads it.
std::string quote(const std::string& word) {
    const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("_-./:=,+@").find(c) != std::string_view::npos;
    });
    if (is_plain) return word;
    std::string quoted = "'";
    for (const char c : word)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

CaseResult describe(const CaseInfo& info) {
    CaseResult result;
    result.id = info.id;
    result.requirements.assign(info.requirements.begin(), info.requirements.end());
    return result;
}

/// Why a case does not concern the device; empty if it does.
std::string why_not(const CaseInfo& info, const Statement& statement) {
    if (!statement.has_profile(info.profile)) {
        return fmt::format("profile {} is not claimed", info.profile);
    }
    if (!statement.has_role(info.role)) return fmt::format("role {} is not claimed", info.role);
    const std::string_view missing = missing_of_kind(statement, info.needs);
    if (missing.empty()) return {};
    if (missing == "base") return "a base farm is not claimed";
    return fmt::format("option {} is not claimed", missing);
}

/// Profiles and roles that are claimed and that no case is about.
std::vector<std::string> untested_claims(const Statement& statement) {
    std::vector<std::string> untested;
    const auto demand = [&](const char* kind, const std::vector<std::string>& claims,
                            std::string_view CaseInfo::*of) {
        for (const std::string& claim : claims) {
            const bool is_tested =
                std::any_of(all_cases().begin(), all_cases().end(), [&](const CaseInfo& info) {
                    return info.*of == claim && why_not(info, statement).empty();
                });
            if (is_tested) continue;
            untested.push_back(fmt::format("{} {} is claimed, and no case tests it", kind, claim));
        }
    };
    demand("profile", statement.profiles, &CaseInfo::profile);
    demand("role", statement.roles, &CaseInfo::role);
    return untested;
}

}  // namespace

CaseResult run_case(const CaseInfo& info, Attachment& attachment, const Iut& iut,
                    std::uint64_t seed, std::uint16_t port, bool is_device_fresh,
                    Capture& capture) {
    CaseResult result = describe(info);
    const Time began_at = attachment.now();
    Stage stage(attachment, iut, Random(seed, info.id), port, is_device_fresh);
    std::vector<Finding> violations;
    stage.wire().scheduler().spawn(guard(info, stage, violations));
    blame_what_ends(result, [&stage] { stage.wire().scheduler().run(); });
    result.duration = attachment.now() - began_at;
    capture = std::move(stage.wire().capture());
    for (const std::vector<Finding>& found :
         {violations, stage.findings(), examine(capture, iut)}) {
        for (const Finding& finding : found)
            add(result, finding);
    }
    judge(result);
    return result;
}

Runner::Runner(const Options& options, Iut iut)
    : options_(options),
      iut_(std::move(iut)),
      point_(iut_.front, iut_.back, *options.time, iut_.control_path()) {
    if (options.time == TimeKind::Wall) {
        epoch_offset_ = std::chrono::system_clock::now().time_since_epoch();
    }
}

Runner::~Runner() = default;

RunResult Runner::run(const std::vector<const CaseInfo*>& cases, const Started& started,
                      const Progress& progress) {
    RunResult run{"shunt-conform " CONFORM_VERSION, iut_.statement.name, *options_.seed, {}};
    run.suite_size = all_cases().size();
    run.selectors = options_.selectors;
    if (cases.size() == run.suite_size) run.untested = untested_claims(iut_.statement);
    auto port =
        static_cast<std::uint16_t>(kPortFirst + Random(*options_.seed, "ports").below(kPortSpan));
    for (const CaseInfo* info : cases) {
        CaseResult* before = run.cases.empty() ? nullptr : &run.cases.back();
        started(*info);
        run.cases.push_back(run_one(*info, port, before, progress));
        port = static_cast<std::uint16_t>(port + Stage::kPortsPerCase);
        progress(run.cases.back());
    }
    if (!run.cases.empty()) blame_late_end(run.cases.back(), kLateEndPatience, progress);
    return run;
}

CaseResult Runner::run_one(const CaseInfo& info, std::uint16_t port, CaseResult* before,
                           const Progress& progress) {
    CaseResult result = describe(info);
    Capture capture;
    const std::string obstacle = why_not(info, iut_.statement);
    if (!obstacle.empty()) {
        result.verdict = Verdict::NotRun;
        result.reason = obstacle;
        result.is_claimed = false;
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
            result = run_case(info, *attachment, iut_, *options_.seed, port,
                              point_.is_fresh_each_time(), capture);
        });
        blame_process(result);
    }
    result.rerun = rerun_line(info.id);
    write_evidence(result, capture);
    return result;
}

void Runner::start_device() {
    if (options_.device_command.empty() || device_) return;
    const std::string log =
        options_.out_path.empty() ? std::string() : options_.out_path + "/device.log";
    device_ = std::make_unique<DeviceProcess>(options_.device_command, point_.socket_path(), log);
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
        result.verdict = worse(result.verdict, Verdict::Crash);
        result.reason = "the device " + device_->describe_end();
    }
    if (!is_broken && !has_ended) return;
    // The next case gets a new process, and an attachment to it.
    attachment_.reset();
    device_.reset();
}

bool Runner::blame_late_end(CaseResult& result, std::chrono::milliseconds patience,
                            const Progress& progress) {
    if (!device_ || !device_->ends_within(patience)) return false;
    result.verdict = worse(result.verdict, Verdict::Crash);
    result.reason = "after the case the device " + device_->describe_end();
    attachment_.reset();
    device_.reset();
    progress(result);
    return true;
}

void Runner::write_evidence(CaseResult& result, const Capture& original) {
    if (options_.out_path.empty() || original.empty()) return;
    Capture capture = original;
    for (const Finding& finding : result.findings) {
        if (finding.frame) capture[*finding.frame].comments.push_back(finding.message());
    }
    std::string name = result.id;
    std::replace(name.begin(), name.end(), '/', '.');
    result.pcapng = fmt::format("{}/{}.pcapng", options_.out_path, name);
    const std::string description =
        fmt::format("{} {} against {}, seed {}. Again: {}", result.id, to_string(result.verdict),
                    iut_.statement.name, *options_.seed, result.rerun);
    const Bytes file = encode_pcapng(capture, description, epoch_offset_);
    std::ofstream out(result.pcapng, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()),
              static_cast<std::streamsize>(file.size()));
    if (!out.flush()) throw AttachmentError(result.pcapng + ": cannot be written");
}

std::string Runner::rerun_line(std::string_view id) const {
    std::string line = fmt::format("shunt-conform run {} --iut {} --seed {} --time {}", id,
                                   quote(options_.iut_path), *options_.seed,
                                   options_.time == TimeKind::Virtual ? "virtual" : "wall");
    if (options_.is_strict) line += " --strict";
    if (!options_.device_command.empty()) line += " --";
    for (const std::string& word : options_.device_command)
        line += " " + quote(word);
    return line;
}

}  // namespace conform
