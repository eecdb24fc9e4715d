// SPDX-License-Identifier: Apache-2.0
#include "app/case_replay.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/case_run.hh"
#include "playback/playback_cases.hh"
#include "replay/replaying_attachment.hh"
#include "report/digest.hh"
#include "report/pcapng.hh"

namespace conform {
namespace {

const CaseInfo& find_case(const std::string& id) {
    const auto& cases = all_cases();
    const auto found = std::find_if(cases.begin(), cases.end(),
                                    [&](const CaseInfo& info) { return info.id == id; });
    if (found == cases.end())
        throw CaptureFileError(fmt::format("this suite has no case called {}", id));
    return *found;
}

/// The captures that were played: a bundle has thousands of cases of one.
class PlayedCaptures {
  public:
    /// The connection that the record names, as it was played.
    const CaseInfo& find(const CaseRecord& record, const std::string& folder) {
        const PlayedCapture& played = *record.played;
        const auto match = parse_payload_match(played.payload);
        const auto side = parse_played_side(played.side);
        if (!match || !side) {
            throw CaptureFileError(
                fmt::format("no way to play and compare is {}, {}", played.side, played.payload));
        }
        const std::filesystem::path path = std::filesystem::path(folder) / played.file;
        const Bytes bytes = read_capture_bytes(path.string());
        std::string key =
            fmt::format("{} {} {} {}", path.string(), sha256(bytes), played.side, played.payload);
        if (key != key_) {
            cases_.emplace(PlaybackOptions{.match = *match}, *side);
            key_.clear();
            cases_->add(path.string());
            key_ = std::move(key);
        }
        const std::size_t place = played.connection - 1;
        if (place >= cases_->all().size() || cases_->all()[place].id != record.result.id)
            throw CaptureFileError(fmt::format("{} has no {}", played.file, record.result.id));
        return cases_->all()[place];
    }

  private:
    std::string key_;  ///< of what is in `cases_`
    std::optional<PlaybackCases> cases_;
};

/// Drives a case by the turns of a record, as long as it says and sends what the record has.
class TurnByTurn {
  public:
    TurnByTurn(CaseRun& run, ReplayingAttachment& device, const Conversation& recorded)
        : run_(run), device_(device), recorded_(recorded) {}

    /// Ends at the first difference, or where the record or the case does.
    void play() {
        const std::size_t turns = recorded_.turns.size();
        for (std::size_t turn = 0; turn < turns && difference_.empty(); ++turn) {
            std::exception_ptr end;
            try {
                take(turn);
            } catch (...) {
                end = std::current_exception();
            }
            compare(turn);
            is_over_ = end || run_.scheduler().is_done();
            if (is_over_ && turn + 1 < turns && difference_.empty()) {
                difference_ = fmt::format("the case is over in turn {} of {}", turn, turns);
            }
            if (end) std::rethrow_exception(end);
            if (is_over_) return;
        }
    }

    bool is_over() const { return is_over_; }
    const std::string& difference() const { return difference_; }

  private:
    void take(std::size_t turn) {
        const std::vector<LinkFrame> frames = device_.enter(turn);
        if (turn == 0) return run_.scheduler().begin();
        run_.scheduler().take_turn(frames, recorded_.turns[turn]);
        if (run_.scheduler().turn() != turn)
            difference_ = fmt::format("nothing happens in turn {}", turn);
    }

    void differ(std::size_t frame, const std::string& expected, const std::string& actual) {
        difference_ = fmt::format("packet {}: the record has {}, the case {}",
                                  packet_number(recorded_, frame), expected, actual);
    }

    void compare(std::size_t turn) {
        if (!difference_.empty()) return;
        compare_frames(turn);
        if (difference_.empty()) compare_lines(turn);
    }

    void compare_frames(std::size_t turn) {
        const Capture& now = run_.wire().capture();
        const Capture& then = recorded_.frames;
        for (;; ++frame_) {
            const bool is_recorded = frame_ < then.size() && then[frame_].turn <= turn;
            const bool is_made = frame_ < now.size();
            if (!is_recorded && !is_made) return;
            // The record may have been cut off in its last turn, by what ended the conversation.
            const bool is_end = frame_ == then.size() && turn + 1 == recorded_.turns.size();
            if (!is_recorded && is_end) return;
            if (!is_recorded) {
                return differ(frame_, "nothing more in this turn",
                              "sends " + describe(now[frame_].frame));
            }
            if (!is_made) return differ(frame_, describe(then[frame_].frame), "sends nothing more");
            const bool is_same = now[frame_].bytes == then[frame_].bytes &&
                                 now[frame_].link == then[frame_].link &&
                                 now[frame_].direction == then[frame_].direction;
            if (!is_same) return differ_in_bytes(then[frame_], now[frame_]);
        }
    }

    void differ_in_bytes(const CapturedFrame& then, const CapturedFrame& now) {
        const auto [one, other] =
            std::mismatch(then.bytes.begin(), then.bytes.end(), now.bytes.begin(), now.bytes.end());
        static_cast<void>(other);
        differ(frame_,
               fmt::format("{} {} {}", to_string(then.link),
                           then.direction == Direction::ToDevice ? "to the device:" : "from it:",
                           describe(then.frame)),
               fmt::format("has {} {} {} (they differ from byte {} on)", to_string(now.link),
                           now.direction == Direction::ToDevice ? "to the device:" : "from it:",
                           describe(now.frame), one - then.bytes.begin()));
    }

    void compare_lines(std::size_t turn) {
        const std::vector<ControlLine>& now = run_.wire().control_lines();
        const std::vector<ControlLine>& then = recorded_.control;
        for (;; ++line_) {
            const bool is_recorded = line_ < then.size() && then[line_].turn <= turn;
            const bool is_made = line_ < now.size();
            if (!is_recorded && !is_made) return;
            if (!is_recorded && line_ == then.size() && turn + 1 == recorded_.turns.size()) return;
            if (is_recorded && is_made && now[line_].text == then[line_].text &&
                now[line_].direction == then[line_].direction)
                continue;
            difference_ = fmt::format(
                "control line {}: the record has {}, the case {}", line_ + 1,
                is_recorded ? then[line_].text.substr(0, 200) : "nothing more in this turn",
                is_made ? now[line_].text.substr(0, 200) : "nothing more");
            return;
        }
    }

    CaseRun& run_;
    ReplayingAttachment& device_;
    const Conversation& recorded_;
    std::size_t frame_ = 0;
    std::size_t line_ = 0;
    bool is_over_ = false;
    std::string difference_;
};

/// How the verdict of now is another than that of then.
std::string compare_results(const CaseResult& then, std::size_t findings_then,
                            const CaseResult& now) {
    if (then.verdict != now.verdict) {
        return fmt::format("the record says {}, judged again {}", to_string(then.verdict),
                           to_string(now.verdict));
    }
    const auto differ = [](std::size_t number, const std::string& one, const std::string& other) {
        return fmt::format("finding {}: the record has {}, judged again {}", number + 1, one,
                           other);
    };
    for (std::size_t i = 0; i < then.findings.size(); ++i) {
        if (i == now.findings.size()) return differ(i, then.findings[i].message(), "none");
        const Finding& one = then.findings[i];
        const Finding& other = now.findings[i];
        if (one.message() != other.message()) return differ(i, one.message(), other.message());
        if (one.packet != other.packet || one.level != other.level)
            return differ(i, "another packet or level for " + one.message(), "not");
    }
    if (findings_then != now.findings.size()) {
        return fmt::format("the record has {} findings, judged again {}", findings_then,
                           now.findings.size());
    }
    if (then.reason == now.reason) return {};
    return fmt::format("the record's reason is {}, judged again {}", then.reason, now.reason);
}

/// What ended a conversation that the case would have gone on with: the device, or the harness.
/// Neither is in the packets, so the record's word is taken, where it is one of these.
void end_from_outside(CaseResult& result, const CaseResult& then) {
    const bool can_be = then.verdict == Verdict::Fail || then.verdict >= Verdict::Hang;
    if (!can_be || then.reason.empty()) {
        return overrule(result, Verdict::Error, "the record ends while the case goes on");
    }
    result.verdict = worse(result.verdict, then.verdict);
    result.reason = then.reason;
}

}  // namespace

CaseReplay replay_case(const RecordedCase& recorded, Iut iut, const std::string& folder) {
    const CaseRecord& record = recorded.record;
    thread_local PlayedCaptures captures;
    const CaseInfo& info =
        record.played ? captures.find(record, folder) : find_case(record.result.id);
    iut.timers = record.timers;
    ReplayingAttachment device(recorded.conversation);
    CaseRun run(info, device, iut, record.seed,
                {.port = record.port, .has_channels = record.has_channels});
    TurnByTurn turns(run, device, recorded.conversation);
    run.drive([&turns] { turns.play(); });
    CaseReplay replay;
    replay.result = run.conclude(replay.conversation);
    replay.result.rerun = record.result.rerun;
    replay.difference = turns.difference();
    if (replay.difference.empty() && !turns.is_over())
        end_from_outside(replay.result, record.result);
    for (const Circumstance& each : record.result.circumstances)
        overrule(replay.result, each.verdict, each.reason);
    if (replay.difference.empty())
        replay.difference = compare_results(record.result, record.findings_total, replay.result);
    return replay;
}

}  // namespace conform
