// SPDX-License-Identifier: Apache-2.0
#include "report/judgement.hh"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace conform {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr int kIndent = 2;
constexpr std::size_t kFindingsShown = 20;

std::string describe_findings(const CaseResult& result) {
    std::string text;
    const std::size_t shown = std::min(result.findings.size(), kFindingsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const Finding& finding = result.findings[i];
        text += fmt::format("    {}{}\n", printable(finding.message()),
                            finding.packet ? fmt::format(" (packet {})", *finding.packet) : "");
    }
    if (shown < result.findings.size())
        text += fmt::format("    and {} more\n", result.findings.size() - shown);
    return text;
}

bool is_negative(Verdict verdict) {
    return verdict == Verdict::Fail || verdict == Verdict::Hang || verdict == Verdict::Crash;
}

bool is_open(Verdict verdict) {
    return verdict == Verdict::Error || verdict == Verdict::Inconclusive;
}

Json to_json(const Judgement& judgement) {
    const bool has_live = judgement.live.has_value();
    Json json;
    json["capture"] = judgement.path;
    json["case"] = has_live ? Json(judgement.result.id) : Json(nullptr);
    json["packets"] = judgement.packets;
    json["live"] = has_live ? Json(to_string(*judgement.live)) : Json(nullptr);
    json["judged"] =
        judgement.trouble.empty() ? Json(to_string(judgement.result.verdict)) : Json(nullptr);
    json["agrees"] =
        has_live && judgement.trouble.empty() ? Json(judgement.difference.empty()) : Json(nullptr);
    json["difference"] = judgement.difference.empty() ? Json(nullptr) : Json(judgement.difference);
    json["trouble"] = judgement.trouble.empty() ? Json(nullptr) : Json(judgement.trouble);
    json["findings"] = Json::array();
    for (const Finding& finding : judgement.result.findings)
        json["findings"].push_back(finding.message());
    return json;
}

}  // namespace

std::string describe_judgement(const Judgement& judgement, const TextStyle& style) {
    const std::string path = printable(judgement.path);
    if (!judgement.trouble.empty()) {
        return fmt::format("{}  {}\n    {}\n", paint_verdict(Verdict::Error, style), path,
                           printable(judgement.trouble));
    }
    const std::string verdict = paint_verdict(judgement.result.verdict, style);
    if (!judgement.live) {
        return fmt::format("{}  {}\n    oracles alone: {} packets, and no record of a case\n",
                           verdict, path, judgement.packets) +
               describe_findings(judgement.result);
    }
    std::string text =
        fmt::format("{}  {}  live {}{}\n", verdict, judgement.result.id, to_string(*judgement.live),
                    judgement.difference.empty() ? ", agrees" : ", DIFFERS");
    if (!judgement.difference.empty())
        text += fmt::format("    {}\n    see {}\n", printable(judgement.difference), path);
    if (judgement.result.findings.empty() && !judgement.result.reason.empty())
        text += fmt::format("    {}\n", printable(judgement.result.reason));
    return text + describe_findings(judgement.result);
}

std::string describe_judgements(const JudgementRun& run) {
    const auto count = [&run](const auto& is_one) {
        return std::count_if(run.captures.begin(), run.captures.end(), is_one);
    };
    std::string text;
    for (const std::string& each : run.remarks)
        text += printable(each) + "\n";
    const auto agreeing = count([](const Judgement& each) { return each.live && !each.is_bad(); });
    const auto differing = count([](const Judgement& each) { return !each.difference.empty(); });
    const auto foreign =
        count([](const Judgement& each) { return !each.live && each.trouble.empty(); });
    const auto broken = count([](const Judgement& each) { return !each.trouble.empty(); });
    text +=
        fmt::format("{} captures: {} agree with the live verdict", run.captures.size(), agreeing);
    if (differing > 0) text += fmt::format(", {} DIFFER", differing);
    if (foreign > 0) text += fmt::format(", {} by oracles alone", foreign);
    if (broken > 0) text += fmt::format(", {} could not be judged", broken);
    return text + "\n";
}

std::string to_json(const JudgementRun& run) {
    Json json;
    json["schema"] = kSchema;
    json["suite"] = run.suite;
    json["iut"] = run.iut;
    json["agrees"] = std::none_of(run.captures.begin(), run.captures.end(),
                                  [](const Judgement& each) { return each.is_bad(); });
    json["remarks"] = run.remarks;
    json["captures"] = Json::array();
    for (const Judgement& each : run.captures)
        json["captures"].push_back(to_json(each));
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

int exit_code(const JudgementRun& run) {
    constexpr int kNegative = 1;
    constexpr int kTrouble = 3;
    const auto has = [&run](const auto& is_one) {
        return std::any_of(run.captures.begin(), run.captures.end(), is_one);
    };
    if (has([](const Judgement& each) { return each.is_bad(); })) return kTrouble;
    if (has([](const Judgement& each) { return is_negative(each.result.verdict); }))
        return kNegative;
    return has([](const Judgement& each) { return is_open(each.result.verdict); }) ? kTrouble : 0;
}

}  // namespace conform
