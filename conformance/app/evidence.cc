// SPDX-License-Identifier: Apache-2.0
#include "app/evidence.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/report_file.hh"
#include "app/shell_word.hh"
#include "attach/text_file.hh"
#include "cases/requirements.hh"
#include "playback/playback_cases.hh"
#include "replay/recorded_case.hh"
#include "report/case_detail.hh"
#include "report/digest.hh"
#include "report/pcapng.hh"

namespace conform {
namespace {

/// Of "replay/NAME/N".
PlayedCapture played_capture(const std::string& id, const std::string& side,
                             const std::string& payload) {
    const std::size_t name = id.find('/') + 1;
    const std::size_t number = id.rfind('/') + 1;
    return {PlaybackCases::copy_name(id.substr(name, number - 1 - name)),
            std::stoul(id.substr(number)), side, payload};
}

/// Of the statement; empty where it came as values, and there is no such file.
std::string digest_of_file(const std::string& path) {
    try {
        return sha256(read_text_file(path));
    } catch (const TextFileError&) {
        return {};
    }
}

}  // namespace

Evidence::Evidence(const Options& options, const Iut& iut) : options_(options), iut_(iut) {
    if (options.time == TimeKind::Wall) {
        epoch_offset_ = std::chrono::system_clock::now().time_since_epoch();
    }
    if (!options.out_path.empty()) statement_sha256_ = digest_of_file(options.iut_path);
}

CaseRecord Evidence::record_of(const CaseResult& result, const Conversation& conversation) const {
    CaseRecord record;
    record.suite = "shunt-conform " CONFORM_VERSION;
    record.iut = iut_.statement.name;
    record.statement_sha256 = statement_sha256_;
    record.seed = conversation.seed;
    record.time = *options_.time;
    record.port = conversation.port;
    record.has_channels = conversation.has_channels;
    record.epoch_offset = epoch_offset_;
    record.timers = iut_.timers;
    record.turns = conversation.turns;
    record.turn_packets = packets_of_turns(conversation);
    for (const ControlLine& line : conversation.control) {
        if (line.direction == Direction::FromDevice) record.questions.push_back(line.question);
    }
    record.result = result;
    if (options_.command == Options::Command::Replay)
        record.played = played_capture(result.id, options_.side, options_.payload);
    return record;
}

void Evidence::write(CaseResult& result, const Conversation& original) const {
    const bool is_wanted = !options_.out_path.empty() || !options_.html_path.empty();
    if (!is_wanted || original.frames.empty()) return;
    Conversation conversation = original;
    for (const Finding& finding : result.findings) {
        if (finding.frame)
            conversation.frames[*finding.frame].comments.push_back(finding.message());
    }
    CaseDetail detail = describe_conversation(conversation, result, iut_);
    detail.environment = environment(result);
    result.detail = std::make_shared<const CaseDetail>(std::move(detail));
    if (options_.out_path.empty()) return;
    std::string name = result.id;
    std::replace(name.begin(), name.end(), '/', '.');
    if (result.round > 1) name += fmt::format(".{}", result.round);
    const std::string stem = fmt::format("{}/{}", options_.out_path, name);
    result.pcapng = stem + ".pcapng";
    const std::string description =
        fmt::format("{} {} against {}, seed {}. Again: {}", result.id, to_string(result.verdict),
                    iut_.statement.name, *options_.seed + (result.round - 1), result.rerun);
    const std::string record = to_json(record_of(result, conversation));
    write_file(result.pcapng, encode_pcapng(conversation, description, epoch_offset_, record));
    write_file(stem + ".txt", to_text(result, *result.detail));
    write_file(stem + ".svg", to_svg(result.detail->ladder));
}

std::string Evidence::environment(const CaseResult& result) const {
    const bool is_virtual = options_.time == TimeKind::Virtual;
    return fmt::format(
        "shunt-conform {}, requirements {:.12}, statement {:.12}, seed {}, {} time\n"
        "answer within {} ms, silence for {} ms, tolerance {} ms",
        CONFORM_VERSION, sha256(std::string_view(kRequirementsToml)),
        statement_sha256_.empty() ? "unknown" : statement_sha256_,
        *options_.seed + (result.round - 1), is_virtual ? "virtual" : "wall",
        milliseconds_of(iut_.timers.answer), milliseconds_of(iut_.timers.silence),
        milliseconds_of(iut_.timers.tolerance));
}

void Evidence::amend(CaseResult& result) const {
    if (result.pcapng.empty()) return;
    const CaptureFile file = read_capture_file(result.pcapng);
    if (!file.record) return;
    RecordedCase recorded = read_recorded_case(file, iut_);
    recorded.conversation.seed = recorded.record.seed;
    // Names of packets and findings are written anew.
    for (CapturedFrame& frame : recorded.conversation.frames) {
        if (!frame.comments.empty()) frame.comments.pop_back();
        for (const Finding& finding : recorded.record.result.findings)
            std::erase(frame.comments, finding.message());
    }
    write(result, recorded.conversation);
}

std::string Evidence::rerun_line(std::string_view id, std::uint64_t seed) const {
    std::string line = "shunt-conform run " + std::string(id);
    if (options_.command == Options::Command::Replay) {
        line = "shunt-conform replay";
        for (const std::string& capture : options_.selectors)
            line += " " + shell_word(capture);
        line += fmt::format(" --only {} --as {} --payload {}", id, options_.side, options_.payload);
    }
    line += fmt::format(" --iut {} --seed {} --time {}", shell_word(options_.iut_path), seed,
                        options_.time == TimeKind::Virtual ? "virtual" : "wall");
    if (options_.is_strict) line += " --strict";
    if (!options_.device_command.empty()) line += " --";
    for (const std::string& word : options_.device_command)
        line += " " + shell_word(word);
    return line;
}

}  // namespace conform
