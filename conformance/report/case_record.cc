// SPDX-License-Identifier: Apache-2.0
#include "report/case_record.hh"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "attach/json_line.hh"

namespace conform {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr int kSchema = 1;

[[noreturn]] void fail(const std::string& key, const char* expected) {
    throw CaseRecordError(fmt::format("{}: expected {}", key, expected));
}

const Json& member(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end()) fail(key, "a value, got none");
    return *found;
}

std::string text_of(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_string()) fail(key, "a text");
    return value.get<std::string>();
}

std::uint64_t number_of(const Json& value, const char* key, std::uint64_t most) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
        fail(key, "a number within its bounds");
    return value.get<std::uint64_t>();
}

constexpr std::uint64_t kTimeMost = std::numeric_limits<std::int64_t>::max() / 2;

Duration duration_of(const Json& object, const char* key) {
    return Duration(static_cast<std::int64_t>(number_of(member(object, key), key, kTimeMost)));
}

/// A name without folder: a stranger's record must not have files read elsewhere.
PlayedCapture read_played(const Json& json) {
    PlayedCapture played{text_of(json, "file"),
                         number_of(member(json, "connection"), "connection", UINT32_MAX),
                         text_of(json, "side"), text_of(json, "payload")};
    const bool is_name = !played.file.empty() && played.file.find('/') == std::string::npos &&
                         played.file.find('\0') == std::string::npos && played.file != "..";
    if (!is_name || played.connection == 0) fail("played", "a file beside this one, and a number");
    return played;
}

Verdict verdict_named(const Json& object, const char* key) {
    const std::string name = text_of(object, key);
    const auto* found = std::find_if(std::begin(kVerdicts), std::end(kVerdicts),
                                     [&](Verdict each) { return to_string(each) == name; });
    if (found == std::end(kVerdicts)) fail(key, "a verdict");
    return *found;
}

const Json& list_of(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_array()) fail(key, "a list");
    return value;
}

std::vector<std::size_t> numbers_of(const Json& object, const char* key) {
    const Json& list = list_of(object, key);
    std::vector<std::size_t> numbers;
    numbers.reserve(list.size());
    for (const Json& each : list)
        numbers.push_back(number_of(each, key, kTimeMost));
    return numbers;
}

OrderedJson to_json(const Finding& finding) {
    OrderedJson json;
    json["requirement"] = finding.requirement;
    json["level"] = finding.level == Level::Must ? "MUST" : "SHOULD";
    json["expected"] = finding.expected;
    json["actual"] = finding.actual;
    json["packet"] = finding.packet ? OrderedJson(*finding.packet) : OrderedJson(nullptr);
    return json;
}

Finding finding_of(const Json& json) {
    Finding finding{text_of(json, "requirement"), text_of(json, "expected"),
                    text_of(json, "actual")};
    const std::string level = text_of(json, "level");
    if (level != "MUST" && level != "SHOULD") fail("level", "MUST or SHOULD");
    finding.level = level == "MUST" ? Level::Must : Level::Should;
    const Json& packet = member(json, "packet");
    if (!packet.is_null()) finding.packet = number_of(packet, "packet", kTimeMost);
    return finding;
}

OrderedJson timers_json(const TestTimers& timers) {
    OrderedJson json;
    json["answer"] = timers.answer.count();
    json["silence"] = timers.silence.count();
    json["tolerance"] = timers.tolerance.count();
    json["fall_back"] = timers.fall_back.count();
    return json;
}

OrderedJson times_json(const std::vector<Time>& times) {
    OrderedJson json = OrderedJson::array();
    for (const Time each : times)
        json.push_back(each.count());
    return json;
}

void add_result(OrderedJson& json, const CaseResult& result) {
    json["verdict"] = to_string(result.verdict);
    json["reason"] = result.reason;
    json["findings_total"] = result.findings.size();
    json["findings"] = OrderedJson::array();
    const std::size_t count = std::min(result.findings.size(), kFindingsMax);
    for (std::size_t i = 0; i < count; ++i)
        json["findings"].push_back(to_json(result.findings[i]));
    json["circumstances"] = OrderedJson::array();
    for (const Circumstance& each : result.circumstances) {
        json["circumstances"].push_back(
            {{"verdict", to_string(each.verdict)}, {"reason", each.reason}});
    }
    json["rerun"] = result.rerun;
}

/// What ended a case from outside of its conversation is never a success: that is for the packets.
Circumstance circumstance_of(const Json& json) {
    const Verdict verdict = verdict_named(json, "verdict");
    if (verdict < Verdict::Inconclusive)
        fail("circumstances", "INCONCLUSIVE, FAIL, HANG, CRASH or ERROR");
    return {verdict, text_of(json, "reason")};
}

CaseResult result_of(const Json& json) {
    CaseResult result;
    result.id = text_of(json, "case");
    result.verdict = verdict_named(json, "verdict");
    result.reason = text_of(json, "reason");
    for (const Json& each : list_of(json, "findings"))
        result.findings.push_back(finding_of(each));
    for (const Json& each : list_of(json, "circumstances"))
        result.circumstances.push_back(circumstance_of(each));
    result.rerun = text_of(json, "rerun");
    return result;
}

}  // namespace

std::string to_json(const CaseRecord& record) {
    OrderedJson json;
    json["schema"] = kSchema;
    json["suite"] = record.suite;
    json["case"] = record.result.id;
    json["iut"] = record.iut;
    json["statement_sha256"] = record.statement_sha256;
    json["seed"] = record.seed;
    json["time"] = record.time == TimeKind::Virtual ? "virtual" : "wall";
    json["port"] = record.port;
    json["has_channels"] = record.has_channels;
    if (record.played) {
        json["played"] = {{"file", record.played->file},
                          {"connection", record.played->connection},
                          {"side", record.played->side},
                          {"payload", record.played->payload}};
    }
    json["epoch_ns"] = record.epoch_offset.count();
    json["timers_ns"] = timers_json(record.timers);
    json["turns_ns"] = times_json(record.turns);
    json["turn_packets"] = record.turn_packets;
    json["questions"] = record.questions;
    add_result(json, record.result);
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

CaseRecord parse_case_record(std::string_view text) {
    const Json json = parse_json_line(text);
    if (!json.is_object()) throw CaseRecordError("expected one JSON object");
    if (member(json, "schema") != Json(kSchema)) fail("schema", "1");
    CaseRecord record;
    record.suite = text_of(json, "suite");
    record.iut = text_of(json, "iut");
    record.statement_sha256 = text_of(json, "statement_sha256");
    record.seed = number_of(member(json, "seed"), "seed", UINT64_MAX);
    const std::string time = text_of(json, "time");
    if (time != "virtual" && time != "wall") fail("time", "virtual or wall");
    record.time = time == "virtual" ? TimeKind::Virtual : TimeKind::Wall;
    record.port = static_cast<std::uint16_t>(number_of(member(json, "port"), "port", UINT16_MAX));
    const Json& has_channels = member(json, "has_channels");
    if (!has_channels.is_boolean()) fail("has_channels", "true or false");
    record.has_channels = has_channels.get<bool>();
    if (json.contains("played")) record.played = read_played(json["played"]);
    record.epoch_offset = duration_of(json, "epoch_ns");
    const Json& timers = member(json, "timers_ns");
    record.timers = {duration_of(timers, "answer"), duration_of(timers, "silence"),
                     duration_of(timers, "tolerance"), duration_of(timers, "fall_back")};
    for (const std::size_t each : numbers_of(json, "turns_ns"))
        record.turns.emplace_back(static_cast<std::int64_t>(each));
    if (record.turns.empty() || !std::is_sorted(record.turns.begin(), record.turns.end()))
        fail("turns_ns", "times in their order");
    record.turn_packets = numbers_of(json, "turn_packets");
    if (record.turn_packets.size() != record.turns.size())
        fail("turn_packets", "a number for each turn");
    record.questions = numbers_of(json, "questions");
    record.result = result_of(json);
    record.findings_total = number_of(member(json, "findings_total"), "findings_total", kTimeMost);
    return record;
}

}  // namespace conform
