// SPDX-License-Identifier: Apache-2.0
#include "cases/promoted.hh"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <system_error>

#include "attach/text_file.hh"
#include "fuzzing/play.hh"
#include "fuzzing/promoted_case.hh"

namespace conform {
namespace {

using fuzzing::PromotedCase;

/// Where the views of a CaseInfo look; a deque, so that nothing in it moves.
struct Kept {
    PromotedCase promoted;
    std::string id;
};

std::deque<Kept>& kept() {
    static std::deque<Kept> list;
    return list;
}

void keep(PromotedCase promoted) {
    std::string id = std::string(fuzzing::kPromotedFolder) + promoted.name;
    for (const Kept& other : kept()) {
        if (other.id != id) continue;
        // A folder that has what is compiled in too says nothing new.
        if (other.promoted == promoted) return;
        throw UsageError(fmt::format("{}: there is another case of this name", id));
    }
    kept().push_back({std::move(promoted), std::move(id)});
}

CaseInfo info_of(const Kept& each) {
    const PromotedCase& promoted = each.promoted;
    const Duration length = promoted.is_long ? fuzzing::kLongCaseLength : fuzzing::kCaseLength;
    CaseInfo info;
    info.id = each.id;
    info.claim = promoted.claim;
    info.requirements.assign(promoted.requirements.begin(), promoted.requirements.end());
    info.profile = "endpoint";
    info.role = fuzzing::is_home(promoted.fuzz.state) ? "home" : "target";
    info.needs = promoted.needs;
    info.run = [&promoted, length](Stage& stage) {
        return fuzzing::play_alone(stage, promoted.fuzz, length);
    };
    return info;
}

}  // namespace

void add_case_folder(const std::string& path) {
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    if (error) throw UsageError(fmt::format("--cases {}: {}", path, error.message()));
    if (files.empty()) throw UsageError(fmt::format("--cases {}: no NAME.toml in it", path));
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files) {
        try {
            keep(fuzzing::parse_promoted_case(read_text_file(file), file.stem()));
        } catch (const fuzzing::PromotedCaseError& wrong) {
            throw UsageError(fmt::format("--cases {}: {}", path, wrong.what()));
        } catch (const TextFileError& wrong) {
            throw UsageError(fmt::format("--cases: {}", wrong.what()));
        }
    }
}

std::vector<CaseInfo> promoted_cases() {
    for (const PromotedText* file = kPromotedTexts; file->name != nullptr; ++file)
        keep(fuzzing::parse_promoted_case(file->text, file->name));
    std::vector<CaseInfo> cases;
    cases.reserve(kept().size());
    for (const Kept& each : kept())
        cases.push_back(info_of(each));
    std::ranges::sort(cases, {}, &CaseInfo::id);
    return cases;
}

}  // namespace conform
