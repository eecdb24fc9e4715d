// SPDX-License-Identifier: Apache-2.0
#include "report/json.hh"

#include <nlohmann/json.hpp>

#include "report/signature.hh"

namespace conform {
namespace {

// Ordered, so that a report reads as the interfaces page prints it.
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr int kIndent = 2;

Json null_if_empty(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json to_json(const Qualification& qualification) {
    const auto microseconds = [](Duration duration) {
        return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    };
    return {
        {"markers", qualification.markers},
        {"lost", qualification.lost},
        {"altered", qualification.altered},
        {"latency_us",
         {{"least", microseconds(qualification.latency_least)},
          {"median", microseconds(qualification.latency_median)},
          {"most", microseconds(qualification.latency_most)}}},
        {"jitter_us", microseconds(qualification.jitter())},
        {"connections", {{"at_once", qualification.connections}, {"served", qualification.served}}},
        {"dropped", qualification.dropped},
        {"unknown_verb", qualification.unknown_verb},
        {"reset", qualification.reset},
        {"tolerance_us", microseconds(qualification.tolerance)},
        {"answer_us", microseconds(qualification.answer)},
        {"troubles", qualification.troubles}};
}

Json to_json(const CaseResult& result, bool is_strict) {
    const Finding* first = result.findings.empty() ? nullptr : &result.findings.front();
    const bool has_frame = first != nullptr && first->packet.has_value();
    Json json;
    json["id"] = result.id;
    json["requirements"] = result.requirements;
    json["verdict"] = to_string(result.verdict);
    json["reason"] = null_if_empty(result.reason);
    json["expected"] = first == nullptr ? Json(nullptr) : Json(first->expected);
    json["actual"] = first == nullptr ? Json(nullptr) : Json(first->actual);
    // Packet numbers as capture tools count them, from 1.
    json["frame"] = has_frame ? Json(*first->packet) : Json(nullptr);
    json["pcapng"] = null_if_empty(result.pcapng);
    json["duration_us"] =
        std::chrono::duration_cast<std::chrono::microseconds>(result.duration).count();
    json["rerun"] = result.rerun;
    Json findings = Json::array();
    for (const Finding& finding : result.findings)
        findings.push_back(finding.message());
    json["findings"] = findings;
    json["signatures"] = signatures(result, is_strict);
    json["known"] = result.is_known;
    json["round"] = result.round;
    return json;
}

}  // namespace

std::string qualification_json(const Qualification& qualification) {
    Json json{{"schema", kSchema}};
    json.update(to_json(qualification));
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string case_to_json(const CaseResult& result, bool is_strict) {
    return to_json(result, is_strict).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json(const RunResult& run, bool is_strict) {
    Json counts = Json::object();
    for (const Verdict verdict : kVerdicts) {
        const auto count = std::count_if(
            run.cases.begin(), run.cases.end(),
            [verdict](const CaseResult& result) { return result.verdict == verdict; });
        if (count > 0) counts[std::string(to_string(verdict))] = count;
    }
    Json json;
    json["schema"] = kSchema;
    json["suite"] = run.suite;
    json["iut"] = run.iut;
    json["seed"] = run.seed;
    json["strict"] = is_strict;
    json["verdict"] = to_string(verdict_of(run, is_strict));
    json["counts"] = counts;
    json["selection"] = nullptr;
    if (run.is_selection()) {
        json["selection"] = {
            {"selectors", run.selectors}, {"cases", run.cases.size()}, {"of", run.suite_size}};
    }
    json["untested"] = run.untested;
    json["claims"] = run.claims;
    json["known_failing"] = nullptr;
    if (!run.known_failing.path.empty()) {
        const auto known = std::count_if(run.cases.begin(), run.cases.end(),
                                         [](const CaseResult& each) { return each.is_known; });
        json["known_failing"] = {{"file", run.known_failing.path},
                                 {"known", known},
                                 {"complaints", run.known_failing.complaints}};
    }
    json["qualification"] = run.qualification ? to_json(*run.qualification) : Json(nullptr);
    json["cases"] = Json::array();
    for (const CaseResult& result : run.cases)
        json["cases"].push_back(to_json(result, is_strict));
    // What a device sends may be no UTF-8; a report always is.
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace conform
