// SPDX-License-Identifier: Apache-2.0
#include "script/script_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "attach/text_file.hh"
#include "script/segment_reader.hh"

namespace conform {
namespace {

constexpr std::uint32_t kDelayMsMax = 120'000;
constexpr std::uint32_t kCountMax = 65'536;
constexpr std::uint32_t kSettingMax = 1'000'000;

const std::vector<std::string> kSwitches = {"timestamps", "sack", "window-scaling", "ecn"};
const std::vector<std::string> kSizes = {"receive-buffer", "keep-alive-idle", "keep-alive-interval",
                                         "keep-alive-probes"};
const std::vector<std::string> kOptions = {"no-delay", "keep-alive", "linger"};
const std::vector<std::string> kSteps = {"segment", "icmp",   "wait",    "listen",   "accept",
                                         "connect", "send",   "receive", "shutdown", "close",
                                         "abort",   "option", "error",   "state",    "expect"};

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool take_switch(LineWords& words) {
    const std::string value = words.take("on or off");
    if (value != "on" && value != "off") words.refuse(value, {"on", "off"});
    return value == "on";
}

/// "40ms", "2s", 0 for 0.
Duration read_duration(const LineWords& words, const std::string& text) {
    unsigned value = 0;
    char unit[4] = "";
    const bool is_number = text.find_first_not_of("0123456789") != 0;
    const int read = std::sscanf(text.c_str(), "%6u%3s", &value, unit);
    const bool is_seconds = std::string_view(unit) == "s";
    if (!is_number || read != 2 || (!is_seconds && std::string_view(unit) != "ms")) {
        words.fail(fmt::format("expected a time such as 40ms or 2s, got {}", text));
    }
    const std::uint32_t milliseconds = is_seconds ? value * 1'000 : value;
    if (milliseconds > kDelayMsMax) words.fail("expected a time of two minutes at most");
    return std::chrono::milliseconds(milliseconds);
}

CallStep read_call(const std::string& verb, LineWords& words) {
    CallStep call;
    call.verb = verb;
    if (verb == "send" || verb == "receive") {
        call.count = words.take_number("a number of octets", kCountMax);
        if (verb == "send") call.is_urgent = words.take_if("urgent");
    } else if (verb == "option") {
        call.name = words.take("the name of an option");
        if (!has(kOptions, call.name)) words.refuse(call.name, kOptions);
        if (call.name == "linger") {
            call.count = words.take_number("0", 0);
        } else {
            call.count = take_switch(words) ? 1 : 0;
        }
    } else if (verb == "close" || verb == "state") {
        call.is_of_listener = words.take_if("listener");
    }
    words.finish();
    return call;
}

class Reader {
  public:
    explicit Reader(const std::string& file) { script_.file = file; }

    void read(LineWords words) {
        if (words.empty()) return;
        if (script_.name.empty()) {
            if (!words.take_if("script")) words.fail("expected script NAME in the first line");
            script_.name = words.take("a name");
            return words.finish();
        }
        if (words.take_if("about")) {
            script_.about += (script_.about.empty() ? "" : " ") + words.rest();
        } else if (words.take_if("device")) {
            read_setting(words);
        } else if (words.take_if("expect")) {
            if (script_.steps.empty()) words.fail("expected a step before an expectation");
            add_expectation(read_expectation(words), words);
        } else {
            script_.steps.push_back(read_step(words));
        }
    }

    Script finish(const LineWords& end) {
        if (script_.about.empty()) end.fail("expected a line about RFC AND CLAUSE: WHAT");
        if (script_.steps.empty()) end.fail("expected a step");
        return std::move(script_);
    }

  private:
    void add_expectation(Expectation expectation, const LineWords& words) {
        std::vector<Expectation>& all = script_.steps.back().expectations;
        const bool is_nothing = expectation.head == kNothing;
        if (!all.empty() && (is_nothing || all.front().head == kNothing)) {
            words.fail("expected nothing to stand alone");
        }
        all.push_back(std::move(expectation));
    }

    void read_setting(LineWords& words) {
        if (!script_.steps.empty()) words.fail("expected settings before the steps");
        const std::string name = words.take("the name of a setting");
        if (has(kSwitches, name)) {
            script_.settings[name] = take_switch(words);
        } else if (has(kSizes, name)) {
            script_.settings[name] = words.take_number("a number", kSettingMax);
        } else {
            std::vector<std::string> known = kSwitches;
            known.insert(known.end(), kSizes.begin(), kSizes.end());
            words.refuse(name, known);
        }
        words.finish();
    }

    static Step read_step(LineWords& words) {
        Step step;
        step.line = words.line();
        if (words.peek().starts_with('+')) {
            step.delay = read_duration(words, words.take("a time").substr(1));
        }
        step.text = words.rest();
        const std::string what = words.take("a step");
        if (what == "wait") {
            step.delay += read_duration(words, words.take("a time"));
            step.what = WaitStep{};
            words.finish();
        } else if (what == "segment") {
            step.what = read_segment(words);
        } else if (what == "icmp") {
            step.what = read_icmp(words);
        } else if (has(kSteps, what) && what != "expect") {
            step.what = read_call(what, words);
        } else {
            words.refuse(what, kSteps);
        }
        return step;
    }

    Script script_;
};

}  // namespace

Script read_script(const std::string& file, std::string_view text) {
    Reader reader(file);
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        reader.read(LineWords(file, ++line, text.substr(at, end - at)));
        at = end + 1;
    }
    return reader.finish(LineWords(file, line, ""));
}

Script load_script(const std::string& path) {
    try {
        return read_script(path, read_text_file(path));
    } catch (const TextFileError& error) {
        throw ScriptError(error.what());
    }
}

}  // namespace conform
