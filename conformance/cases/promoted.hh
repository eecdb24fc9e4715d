// SPDX-License-Identifier: Apache-2.0
/// Cases that the fuzzer found and somebody kept: files of cases/promoted, compiled in, and of a
/// folder that the user names.
#pragma once

#include <string>
#include <vector>

#include "cases/registry.hh"

namespace conform {

/// A file as it was when the program was built.
struct PromotedText {
    const char* name;
    const char* text;
};
/// Behind the last one is one without a name.
extern const PromotedText kPromotedTexts[];

/// All files NAME.toml of a folder become cases too; before all_cases() is asked for the first
/// time. Throws UsageError where there is no such folder, it has none, or one of them is wrong.
void add_case_folder(const std::string& path);

/// What they are as cases: endpoint/promoted/NAME.
std::vector<CaseInfo> promoted_cases();

}  // namespace conform
