// SPDX-License-Identifier: Apache-2.0
/// Judges captures without a device.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iut/iut.hh"
#include "replay/recorded_case.hh"
#include "report/judgement.hh"

namespace conform {

/// One capture; never throws for what is wrong with the file. What is recorded, if it is a case,
/// goes to `recorded`.
Judgement judge_capture(const std::string& path, const Iut& iut, RecordedCase& recorded);

/// All of them, told one by one as they are done.
JudgementRun judge_captures(const std::vector<std::string>& paths, const std::string& iut_path,
                            const std::function<void(const Judgement&)>& progress);

}  // namespace conform
