// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz_files.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "app/evidence.hh"
#include "app/report_file.hh"
#include "app/shell_word.hh"
#include "cases/requirements.hh"
#include "fuzzing/promoted_case.hh"
#include "report/text.hh"

namespace conform {
namespace {

using Json = nlohmann::ordered_json;

/// Those of the pages, each once; one that says that nothing may become of it where there is none.
std::vector<std::string> requirements_of(const CaseResult& result) {
    std::vector<std::string> names;
    for (const Finding& finding : result.findings) {
        const bool is_new = std::ranges::count(names, finding.requirement) == 0;
        if (is_new && find_requirement(finding.requirement) != nullptr)
            names.push_back(finding.requirement);
    }
    if (names.empty()) names.emplace_back("SEC-3");
    return names;
}

Json to_json(const FuzzFinding& finding) {
    const Finding* first =
        finding.result.findings.empty() ? nullptr : &finding.result.findings.front();
    const auto or_null = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json(text);
    };
    Json json;
    json["signature"] = finding.signature;
    json["verdict"] = to_string(finding.result.verdict);
    json["index"] = finding.index;
    json["count"] = finding.count;
    json["case"] =
        finding.fuzz.stimuli.empty() ? Json(nullptr) : Json(fuzzing::describe(finding.fuzz));
    json["company"] = Json::array();
    for (std::size_t i = 0; i < finding.company.size(); ++i) {
        json["company"].push_back(
            {{"index", finding.company[i]}, {"case", finding.company_cases[i]}});
    }
    json["requirements"] = requirements_of(finding.result);
    json["expected"] = first == nullptr ? Json(nullptr) : Json(first->expected);
    json["actual"] = first == nullptr ? Json(nullptr) : Json(first->actual);
    json["reason"] = finding.result.reason;
    json["pcapng"] = or_null(finding.result.pcapng);
    json["promoted"] = or_null(finding.promoted);
    json["rerun"] = finding.result.rerun;
    return json;
}

}  // namespace

FuzzFiles::FuzzFiles(const Options& options, const Iut& iut) : options_(options), iut_(iut) {
    if (!options.out_path.empty()) folder_ = options.out_path + "/findings";
}

void FuzzFiles::note_rerun(FuzzFinding& finding, const FuzzReport& report) const {
    std::vector<std::uint64_t> indices = finding.company;
    if (indices.empty()) indices.push_back(finding.index);
    std::string line =
        fmt::format("shunt-conform fuzz --only {} --seed {} --iut {}", fmt::join(indices, ","),
                    report.seed, shell_word(options_.iut_path));
    if (!options_.device_command.empty()) line += " --";
    for (const std::string& word : options_.device_command)
        line += " " + shell_word(word);
    finding.result.id = std::string(fuzzing::kPromotedFolder) + finding.name;
    finding.result.rerun = line;
}

void FuzzFiles::write(FuzzFinding& finding, Conversation& conversation) const {
    if (!folder_.empty()) {
        std::filesystem::create_directories(folder_);
        Options own = options_;
        own.out_path = folder_;
        own.html_path.clear();
        const Evidence evidence(own, iut_);
        evidence.write(finding.result, conversation);
        if (finding.is_case)
            write_file(fmt::format("{}/{}.toml", folder_, finding.name), promoted_toml(finding));
    }
    if (!finding.is_case || options_.fuzz.promote_path.empty()) return;
    finding.promoted = fmt::format("{}/{}.toml", options_.fuzz.promote_path, finding.name);
    write_file(finding.promoted, promoted_toml(finding));
}

std::string promoted_toml(const FuzzFinding& finding) {
    fuzzing::PromotedCase promoted;
    promoted.name = finding.name;
    const CaseResult& result = finding.result;
    promoted.claim =
        result.findings.empty()
            ? fmt::format("The device lives behind this ({}).", fuzzing::describe(finding.fuzz))
            : fmt::format("{} ({}).", result.findings.front().expected,
                          fuzzing::describe(finding.fuzz));
    promoted.claim.front() =
        static_cast<char>(std::toupper(static_cast<unsigned char>(promoted.claim.front())));
    promoted.requirements = requirements_of(result);
    const bool is_of_extensions =
        finding.fuzz.state == fuzzing::SubjectState::Incomplete ||
        fuzzing::is_given_back(finding.fuzz.state) ||
        std::ranges::any_of(finding.fuzz.stimuli, [](const fuzzing::Stimulus& each) {
            return each.type >= EncapsulationType::Reject;
        });
    if (is_of_extensions) promoted.needs = "ext";
    if (finding.fuzz.state == fuzzing::SubjectState::Channel) promoted.needs = "control-channel";
    promoted.signature = finding.signature;
    promoted.origin = result.rerun;
    promoted.is_long = finding.is_long;
    promoted.fuzz = finding.fuzz;
    return fuzzing::to_toml(promoted);
}

std::string to_json(const FuzzReport& report) {
    Json json;
    json["schema"] = 1;
    json["suite"] = report.suite;
    json["iut"] = report.iut;
    json["seed"] = report.seed;
    json["from"] = report.from;
    json["next"] = report.next;
    json["cases"] = report.cases;
    json["interrupted"] = report.is_interrupted;
    json["trouble"] = report.trouble.empty() ? Json(nullptr) : Json(report.trouble);
    json["fingerprint"] = fmt::format("{:016x}", report.fingerprint);
    json["findings"] = Json::array();
    for (const FuzzFinding& finding : report.findings)
        json["findings"].push_back(to_json(finding));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string describe_finding(const FuzzFinding& finding) {
    std::string text = fmt::format("{} in {} case{}, first in {}\n", finding.signature,
                                   finding.count, finding.count == 1 ? "" : "s", finding.index);
    if (!finding.fuzz.stimuli.empty())
        text += fmt::format("    {}\n", fuzzing::describe(finding.fuzz));
    for (const std::string& each : finding.company_cases)
        text += fmt::format("    {}\n", each);
    constexpr std::size_t kShown = 8;
    const std::size_t all = finding.result.findings.size();
    for (std::size_t i = 0; i < std::min(all, kShown); ++i)
        text += fmt::format("    {}\n", finding.result.findings[i].message());
    if (all > kShown) text += fmt::format("    and {} more\n", all - kShown);
    if (finding.result.findings.empty()) text += fmt::format("    {}\n", finding.result.reason);
    if (!finding.result.pcapng.empty()) text += fmt::format("    see {}\n", finding.result.pcapng);
    if (!finding.promoted.empty()) text += fmt::format("    case {}\n", finding.promoted);
    return text + fmt::format("    again: {}\n", finding.result.rerun);
}

std::string describe_fuzz(const FuzzReport& report) {
    std::string text =
        fmt::format("{} cases from {} on, seed {}: ", report.cases, report.from, report.seed);
    text += report.findings.empty() ? std::string("nothing found")
                                    : fmt::format("{} findings", report.findings.size());
    if (!report.is_whole) text += fmt::format("; go on with --from {}", report.next);
    return text + "\n";
}

}  // namespace conform
