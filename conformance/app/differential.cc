// SPDX-License-Identifier: Apache-2.0
#include "app/differential.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "attach/device_process.hh"
#include "attach/interrupt.hh"
#include "script/player.hh"

namespace conform {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr int kPlaysMax = 6;
constexpr std::size_t kColumn = 58;

std::atomic<unsigned> device_count{0};

/// A path of its own for each device, in a place that is short enough for a socket's name.
std::string fresh_path() {
    return (std::filesystem::temp_directory_path() /
            fmt::format("shunt-script-{}-{}.sock", ::getpid(), ++device_count))
        .string();
}

bool are_same(const Script& script, const Transcript& one, const Transcript& other) {
    return compare(script, one, other).empty();
}

ScriptResult play_both(const Script& script, const ScriptDeviceSource& first,
                       const ScriptDeviceSource& second) {
    ScriptResult result;
    result.script = &script;
    try {
        result.first = play_until_stable(script, first);
        result.second = play_until_stable(script, second);
        result.unmet = unmet_expectations(script, result.first);
        result.differences = compare(script, result.first, result.second);
    } catch (const std::exception& error) {
        result.trouble = error.what();
    }
    return result;
}

std::string column(const std::optional<Event>& event) {
    return event ? event->to_string() : "-";
}

std::string two_columns(const EventPair& pair) {
    const std::string left = column(pair.first);
    const std::string right = column(pair.second);
    const char mark = pair.fields.empty() ? ' ' : '!';
    if (left.size() <= kColumn) return fmt::format("  {} {:<{}} {}\n", mark, left, kColumn, right);
    return fmt::format("  {} {}\n    {:<{}} {}\n", mark, left, "", kColumn, right);
}

}  // namespace

Transcript play_once(const Script& script, const ScriptDeviceSource& source) {
    if (source.command.empty()) {
        return play(script, *connect_script_device(source.path, source.time, kSeed));
    }
    const std::string path = fresh_path();
    std::vector<std::string> command = source.command;
    command.insert(command.end(), {"--front", "unix:" + path});
    const DeviceProcess process(command, path, "");
    return play(script, *connect_script_device(path, source.time, kSeed));
}

Transcript play_until_stable(const Script& script, const ScriptDeviceSource& source) {
    if (source.time == TimeKind::Virtual) return play_once(script, source);
    std::vector<Transcript> seen;
    for (int count = 0; count < kPlaysMax; ++count) {
        Transcript next = play_once(script, source);
        for (const Transcript& each : seen)
            if (are_same(script, each, next)) return next;
        seen.push_back(std::move(next));
    }
    throw AttachmentError(
        fmt::format("{}: the device did something else each of {} times", script.file, kPlaysMax));
}

std::vector<ScriptResult> compare_devices(const std::vector<Script>& scripts,
                                          const ScriptDeviceSource& first,
                                          const ScriptDeviceSource& second, unsigned jobs) {
    std::vector<ScriptResult> results(scripts.size());
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> workers;
    for (unsigned worker = 0; worker < jobs; ++worker) {
        workers.emplace_back([&] {
            for (std::size_t at = next++; at < scripts.size(); at = next++)
                results[at] = play_both(scripts[at], first, second);
        });
    }
    for (std::jthread& worker : workers)
        worker.join();
    throw_if_interrupted();
    return results;
}

std::string describe(const Script& script, const Transcript& transcript) {
    std::string text = fmt::format("{} ({})\n", script.name, script.about);
    for (std::size_t at = 0; at < script.steps.size(); ++at) {
        const Step& step = script.steps[at];
        const std::int64_t delay = milliseconds_of(step.delay);
        text += fmt::format("{:>4} {}{}\n", step.line,
                            delay > 0 ? fmt::format("+{}ms ", delay) : "", step.text);
        for (const Event& event : transcript.steps[at])
            text +=
                fmt::format("         {} {}\n", event.is_of_call ? "=" : "<", event.to_string());
    }
    return text;
}

std::string describe(const ScriptResult& result, Deviations& deviations, std::size_t& unexplained) {
    std::string text = fmt::format("{} ({})\n", result.script->name, result.script->about);
    for (const StepDifference& difference : result.differences) {
        text += fmt::format("{:>4} {}\n", difference.line, difference.step);
        for (const EventPair& pair : difference.pairs)
            text += two_columns(pair);
        for (const std::string& signature : difference.signatures) {
            const std::string id = deviations.explain(signature);
            if (id.empty()) ++unexplained;
            text += fmt::format("     {}: {}\n", id.empty() ? "NEW" : id, signature);
        }
    }
    return text;
}

}  // namespace conform
