// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/options.hh"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/program_options.hpp>

#include "shunt/app/base64.hh"
#include "shunt/app/command_line.hh"
#include "shunt/app/control_request.hh"
#include "shunt/app/ctl/verbs.hh"
#include "shunt/app/version.hh"
#include "shunt/runtime/suggestion.hh"

namespace shunt::app::ctl {
namespace {

namespace po = boost::program_options;

constexpr std::array<const char*, 9> kOfSomeVerbs = {
    "watch", "udp", "application", "select", "close", "wait", "stop", "status", "on"};

po::options_description describe_options() {
    const auto text = [] { return po::value<std::string>(); };
    po::options_description options;
    options.add_options()("control", text())("json", "")("watch", "")("interval", text())(
        "udp", "")("application", text())("select", text())("close", "")("wait", text())(
        "stop", "")("status", "")("on", text())("help,h", "")("version", "")(
        "words", po::value<std::vector<std::string>>());
    return options;
}

const Verb& verb_of(const std::string& name) {
    if (const Verb* verb = find_verb(name)) return *verb;
    std::vector<std::string_view> names;
    for (const Verb& verb : verbs())
        names.push_back(verb.name);
    const std::string_view meant = runtime::nearest(name, names);
    throw WrongOption{meant.empty()
                          ? fmt::format("no command \"{}\"", name)
                          : fmt::format("no command \"{}\"; did you mean \"{}\"?", name, meant)};
}

void check_words(const Verb& verb, const std::vector<std::string>& words) {
    const std::size_t count = words.size() - 1;
    if (count >= verb.words_min && count <= verb.words_max) return;
    throw WrongOption{fmt::format("{}: expected {}", verb.name,
                                  verb.words_max == 0 ? "no arguments" : verb.arguments)};
}

void check_options(const Verb& verb, const GivenOptions& given) {
    for (const char* option : kOfSomeVerbs) {
        const bool is_taken =
            verb.options.find(fmt::format(" {} ", option)) != std::string_view::npos;
        if (given.has(option) && !is_taken)
            throw WrongOption{fmt::format("{}: does not take --{}", verb.name, option)};
    }
    if (given.has("interval") && !given.has("watch") && !given.has("wait"))
        throw WrongOption{"--interval: expected --watch or --wait too"};
    if (given.has("stop") && (given.has("wait") || given.has("status")))
        throw WrongOption{"--stop: not with --wait or --status"};
}

/// Bytes are base64 in a request (docs/objects.md).
std::string bytes_of(const std::string& text) {
    return to_base64(std::vector<std::uint8_t>(text.begin(), text.end()));
}

Json object_request_of(const std::vector<std::string>& words, const GivenOptions& given) {
    const std::string& action = words[1];
    const std::size_t count = words.size() - 1;
    const bool takes_text = action == "create" || action == "call";
    const bool is_whole = (takes_text && count >= 2) || (action == "release" && count == 2) ||
                          (action == "list" && count == 1);
    if (!is_whole)
        throw WrongOption{fmt::format("object: expected {}", find_verb("object")->arguments)};
    if (given.has("on") && action != "create")
        throw WrongOption{fmt::format("object {}: does not take --on", action)};
    if (action == "list") return {{"id", 1}, {"do", "objects"}};
    Json request = {{"id", 1}, {"do", "object-" + action}};
    const bool is_creation = action == "create";
    request[is_creation ? "class" : "handle"] = words[2];
    if (is_creation) request["keep"] = true;
    if (given.has("on")) request["server"] = *given.text("on");
    if (takes_text)
        request[is_creation ? "arguments" : "bytes"] = bytes_of(count > 2 ? words[3] : "");
    return request;
}

/// The fields that follow from the words and options of the verbs that have some.
Json request_of(const Verb& verb, const std::vector<std::string>& words,
                const GivenOptions& given) {
    if (verb.name == "object") return object_request_of(words, given);
    Json request = {{"id", 1}, {"do", verb.name}};
    if (verb.name == "migrate") {
        request["connection"] = words[1];
        request["to"] = words[2];
    } else if (verb.name == "log-level" && words.size() > 1) {
        request["level"] = words[1];
    } else if (verb.name == "drain") {
        request["action"] = given.has("stop") ? "stop" : given.has("status") ? "report" : "start";
    } else if (verb.name == "listen") {
        const auto port = to_number(words[1]);
        if (!port || *port == 0 || *port > 0xFFFF)
            throw WrongOption{
                fmt::format("listen: expected a port from 1 to 65535, got \"{}\"", words[1])};
        request["port"] = *port;
        if (given.has("udp")) request["protocol"] = "udp";
        if (given.has("close")) request["close"] = true;
        for (const char* option : {"application", "select"})
            if (given.has(option)) request[option] = *given.text(option);
    }
    return request;
}

using Words = std::vector<std::string>;

Options options_of(const Verb& verb, const Words& words, const GivenOptions& given,
                   const char* environment_control) {
    constexpr std::uint64_t interval_max_s = 3'600;
    constexpr std::uint64_t wait_max_s = 86'400;
    check_words(verb, words);
    check_options(verb, given);
    Options options;
    options.verb = verb.name;
    options.request =
        request_of(verb, words, given).dump(-1, ' ', false, Json::error_handler_t::replace);
    const bool has_filter = verb.name == "tables" || verb.name == "counters";
    if (has_filter && words.size() > 1) options.filter = words[1];
    options.is_json = given.has("json");
    const auto interval_s = given.number("interval", 1, interval_max_s).value_or(1);
    options.interval = Duration::seconds(static_cast<std::int64_t>(interval_s));
    if (given.has("watch")) options.watch = options.interval;
    if (const auto wait_s = given.number("wait", 1, wait_max_s))
        options.wait = Duration::seconds(static_cast<std::int64_t>(*wait_s));
    if (const auto control = given.text("control")) {
        options.control = *control;
    } else if (environment_control != nullptr) {
        options.control = environment_control;
    }
    if (options.control.empty())
        throw WrongOption{
            "--control PATH is missing: the control socket of the node (or set SHUNT_CONTROL)"};
    return options;
}

/// Options may stand among the words; each is exact.
std::pair<GivenOptions, Words> read(const Words& arguments) {
    constexpr int exact =
        po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const po::options_description options = describe_options();
    po::positional_options_description positions;
    positions.add("words", -1);
    po::variables_map values;
    po::store(po::command_line_parser(arguments)
                  .options(options)
                  .positional(positions)
                  .style(exact)
                  .run(),
              values);
    Words words;
    if (values.count("words") != 0) words = values["words"].as<Words>();
    return {GivenOptions(std::move(values)), std::move(words)};
}

}  // namespace

ParsedOptions<Options> parse_options(const std::vector<std::string>& arguments,
                                     const char* environment_control) {
    try {
        const auto [given, words] = read(arguments);
        if (given.has("version")) return TextWanted{fmt::format("shuntctl {}\n", kVersion)};
        if (given.has("help"))
            return TextWanted{words.empty() ? overview() : help_of(verb_of(words[0]))};
        if (words.empty()) throw WrongOption{"a command is missing"};
        return options_of(verb_of(words[0]), words, given, environment_control);
    } catch (const WrongOption& wrong) {
        return UsageError{wrong.text};
    } catch (const po::error& error) {
        return UsageError{error.what()};
    }
}

}  // namespace shunt::app::ctl
