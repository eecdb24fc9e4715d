// SPDX-License-Identifier: Apache-2.0
#include "app/judge.hh"

#include <fmt/format.h>

#include <filesystem>

#include "app/case_replay.hh"
#include "attach/interrupt.hh"
#include "attach/text_file.hh"
#include "iut/iut_file.hh"
#include "oracle/oracle.hh"
#include "report/digest.hh"
#include "report/pcapng.hh"

namespace conform {
namespace {

/// What the oracles find is all that can be said.
void judge_foreign(Judgement& judgement, const CaptureFile& file, const Iut& iut) {
    // A record is the last thing that is written: without it a capture of ours is cut.
    if (file.application == kApplication)
        throw CaptureFileError("a capture of shunt-conform without its case's record: it is cut");
    judgement.result.findings = examine(read_foreign_capture(file, iut), iut);
    for (Finding& finding : judgement.result.findings) {
        if (finding.frame) finding.packet = *finding.frame + 1;
        const bool is_must = finding.level == Level::Must;
        judgement.result.verdict =
            worse(judgement.result.verdict, is_must ? Verdict::Fail : Verdict::NonStrict);
    }
    // Nothing found is not yet a case that passed.
    judgement.result.verdict = worse(judgement.result.verdict, Verdict::Info);
}

}  // namespace

Judgement judge_capture(const std::string& path, const Iut& iut, RecordedCase& recorded) {
    Judgement judgement;
    judgement.path = path;
    try {
        const CaptureFile file = read_capture_file(path);
        judgement.packets = file.packets.size();
        if (!file.record) {
            judge_foreign(judgement, file, iut);
            return judgement;
        }
        recorded = read_recorded_case(file, iut);
        judgement.live = recorded.record.result.verdict;
        CaseReplay replay =
            replay_case(recorded, iut, std::filesystem::path(path).parent_path().string());
        judgement.result = std::move(replay.result);
        judgement.difference = std::move(replay.difference);
    } catch (const CaptureFileError& error) {
        judgement.trouble = error.what();
    }
    return judgement;
}

JudgementRun judge_captures(const std::vector<std::string>& paths, const std::string& iut_path,
                            const std::function<void(const Judgement&)>& progress) {
    const Iut iut = load_iut_file(iut_path);
    const std::string statement = sha256(read_text_file(iut_path));
    JudgementRun run{"shunt-conform " CONFORM_VERSION, iut.statement.name, {}, {}};
    std::size_t others = 0;
    for (const std::string& path : paths) {
        throw_if_interrupted();
        RecordedCase recorded;
        run.captures.push_back(judge_capture(path, iut, recorded));
        const std::string& theirs = recorded.record.statement_sha256;
        if (!theirs.empty() && theirs != statement) ++others;
        progress(run.captures.back());
    }
    if (others > 0) {
        run.remarks.push_back(fmt::format(
            "{} captures are of another statement than {}: what differs may come from that", others,
            iut_path));
    }
    return run;
}

}  // namespace conform
