// SPDX-License-Identifier: Apache-2.0
/// Judges captures without a device.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iut/iut.hh"
#include "report/judgement.hh"

namespace conform {

/// One capture; never throws for what is wrong with the file. `statement_sha256` of the record, if
/// it has one, goes to `recorded_statement`.
Judgement judge_capture(const std::string& path, const Iut& iut, std::string& recorded_statement);

/// All of them, told one by one as they are done.
JudgementRun judge_captures(const std::vector<std::string>& paths, const std::string& iut_path,
                            const std::function<void(const Judgement&)>& progress);

}  // namespace conform
