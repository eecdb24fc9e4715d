// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/program.hh"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "shunt/app/ctl/drain_progress.hh"
#include "shunt/app/ctl/report.hh"
#include "shunt/app/ctl/text_table.hh"
#include "shunt/app/exit_codes.hh"
#include "shunt/app/json_line.hh"
#include "shunt/runtime/clock.hh"
#include "shunt/runtime/control_client.hh"

namespace shunt::app::ctl {
namespace {

using runtime::ControlClient;

constexpr int kExitUnknown = 127;
/// Longer than the node's own with other servers.
constexpr Duration kPatience = Duration::seconds(15);
/// What is waited for is looked at so often, and told of less often.
constexpr int kLookPauseMs = 100;
constexpr const char* kDrainReport = R"({"id":1,"do":"drain","action":"report"})";
constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";

volatile std::sig_atomic_t is_interrupted = 0;

extern "C" void note_interruption(int) {
    is_interrupted = 1;
}

/// Waiting calls return when it comes.
void watch_for_interruption() {
    struct sigaction action {};
    action.sa_handler = note_interruption;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

int complain(int code, std::string_view text) {
    fmt::print(stderr, "shuntctl: {}\n", text);
    return code;
}

int exit_code_of(const std::string& error) {
    if (error == "unsupported") return kExitUnknown;
    return error == "malformed" || error == "too-long" ? kExitSetup : kExitNegative;
}

int report_trouble(ControlClient::Trouble trouble, const Options& options) {
    switch (trouble) {
        case ControlClient::Trouble::Left:
            // A node that was killed cannot say so.
            if (options.verb == "kill") return kExitOk;
            return complain(kExitTrouble, "the node has closed the connection; has it ended?");
        case ControlClient::Trouble::Silent:
            return complain(kExitTrouble, "the node does not answer");
        case ControlClient::Trouble::Interrupted:
            return kExitInterrupted;
        case ControlClient::Trouble::Failed:
            break;
    }
    return complain(kExitTrouble, "the connection to the node has failed");
}

/// What is shown of an answer. `before` is the result of the look before, and becomes this one's.
int show(const std::string& line, const Options& options, Json& before) {
    const Json answer = parse_json_line(line);
    const bool is_answer = answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean();
    if (!is_answer)
        return complain(kExitTrouble,
                        "what answers there is no node: " + printable(line.substr(0, 200)));
    if (!answer["ok"].get<bool>()) {
        const std::string error = answer.value("error", std::string());
        if (options.is_json) say(line + '\n');
        return complain(exit_code_of(error), fmt::format("{}: {}", printable(error),
                                                         printable(answer.value("text", ""))));
    }
    const Json result = answer.value("result", Json::object());
    if (options.is_json) {
        say(filtered(options.verb, result, options.filter)
                .dump(-1, ' ', false, Json::error_handler_t::replace) +
            '\n');
        return kExitOk;
    }
    if (options.watch && isatty(STDOUT_FILENO) != 0) say(kClearScreen);
    const bool has_growth = options.watch && options.verb == "counters" && before.is_object();
    say(has_growth ? report_growth(before, result, options.filter)
                   : report(options.verb, result, options.filter));
    before = result;
    return kExitOk;
}

int end_of_wait(DrainProgress progress, const std::string& answer, const Options& options) {
    Json none;
    const int code = show(answer, options, none);
    if (code != kExitOk || progress == DrainProgress::Empty) return code;
    if (progress == DrainProgress::Unknown)
        return complain(kExitTrouble, "what answers there is no node");
    return complain(kExitNegative, progress == DrainProgress::Stopped
                                       ? "the node is not draining any more"
                                       : "connections are left; see why each could not go");
}

/// Begins as it is told to, then only asks: whoever stops the drain meanwhile has the last word.
int wait_for_drain(ControlClient& client, const Options& options) {
    const Instant begin = runtime::monotonic_now();
    Instant told = begin;
    for (std::string request = options.request;; request = kDrainReport) {
        const auto answer = client.ask(request, kPatience);
        if (!answer) return report_trouble(answer.error(), options);
        const Json whole = parse_json_line(*answer);
        const Json result = whole.is_object() ? whole.value("result", Json()) : Json();
        const Instant now = runtime::monotonic_now();
        const DrainProgress progress = progress_of(result, now - begin, *options.wait);
        if (progress != DrainProgress::GoesOn) return end_of_wait(progress, *answer, options);
        if (request != kDrainReport || now - told >= options.interval) {
            say(options.is_json ? result.dump() + '\n' : progress_line(result));
            told = now;
        }
        poll(nullptr, 0, kLookPauseMs);
        if (is_interrupted != 0) return kExitInterrupted;
    }
}

}  // namespace

int run(const Options& options) {
    watch_for_interruption();
    auto client = ControlClient::open(options.control);
    if (!client) return complain(kExitSetup, client.error().text);
    if (options.wait) return wait_for_drain(*client, options);
    Json before;
    for (;;) {
        const auto answer = client->ask(options.request, kPatience);
        if (!answer) return report_trouble(answer.error(), options);
        const int code = show(*answer, options, before);
        if (code != kExitOk || !options.watch) return code;
        poll(nullptr, 0, static_cast<int>(options.watch->to_nanoseconds() / 1'000'000));
        if (is_interrupted != 0) return kExitInterrupted;
    }
}

}  // namespace shunt::app::ctl
