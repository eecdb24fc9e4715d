// SPDX-License-Identifier: Apache-2.0
/// What came of judging captures again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/result.hh"
#include "report/text.hh"

namespace conform {

struct Judgement {
    std::string path;
    /// Why it could not be judged: no capture, a broken one, one of another suite.
    std::string trouble;
    /// Then and now; absent for a capture that has no record of a case, to which the oracles alone
    /// were applied.
    std::optional<Verdict> live;
    CaseResult result;
    /// What differs first from the record.
    std::string difference;
    std::size_t packets = 0;

    bool is_bad() const { return !trouble.empty() || !difference.empty(); }
};

struct JudgementRun {
    std::string suite;
    std::string iut;
    std::vector<Judgement> captures;
    /// Lines about the whole: the statement is another than the recorded one.
    std::vector<std::string> remarks;
};

std::string describe_judgement(const Judgement& judgement, const TextStyle& style);
std::string describe_judgements(const JudgementRun& run);
std::string to_json(const JudgementRun& run);

/// 3 if anything could not be judged or does not agree, else 1 if anything is not conformant.
int exit_code(const JudgementRun& run);

}  // namespace conform
