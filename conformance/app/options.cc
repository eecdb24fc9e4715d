// SPDX-License-Identifier: Apache-2.0
#include "app/options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include <boost/program_options.hpp>

namespace conform {
namespace {

namespace po = boost::program_options;

constexpr const char* kOverview =
    "shunt-conform: judges devices that move TCP connections between servers.\n"
    "\n"
    "  shunt-conform list [SELECTOR..]             which cases there are\n"
    "  shunt-conform run [SELECTOR..] --iut FILE   judge a device\n"
    "  shunt-conform COMMAND --help                more about a command\n"
    "  shunt-conform --version\n"
    "\n"
    "A selector is an id or a folder of ids, * is any text within one part, ** across parts,\n"
    "^SELECTOR takes cases out again: 'endpoint/**', 'endpoint/*/well-formed', "
    "'^endpoint/target'.\n"
    "\n"
    "Exit codes: 0 conformant, 1 not conformant, 2 usage or nothing selected, 3 harness trouble "
    "or\n"
    "inconclusive, 130 interrupted.\n";

constexpr const char* kListHelp =
    "shunt-conform list [SELECTOR..]\n"
    "\n"
    "Prints the id, the requirements and the claim of each selected case.\n"
    "\n"
    "  shunt-conform list\n"
    "  shunt-conform list endpoint/forward '^**/answers-*'\n";

constexpr const char* kRunHelp =
    "shunt-conform run [SELECTOR..] --iut FILE [OPTION..] [-- COMMAND..]\n"
    "\n"
    "Runs the selected cases against the device that FILE describes (docs/iut-toml.md). What "
    "stands\n"
    "behind -- starts the device, which is ended after the run.\n"
    "\n";

constexpr const char* kRunExamples =
    "\n"
    "  shunt-conform run --iut shunt-node.toml --out out/verdict -- \\\n"
    "      shunt-node --config farm.toml --name s1 --front unix:out/s1.sock \\\n"
    "      --back unix:out/s1.sock --time virtual\n"
    "  shunt-conform run endpoint/target --iut device.toml --time wall --json verdict.json\n";

po::options_description run_options(Options& options, std::string& time, std::string& seed) {
    po::options_description description("Options");
    description.add_options()                                                               //
        ("help,h", "this text")                                                             //
        ("iut", po::value(&options.iut_path)->value_name("FILE"), "the device (required)")  //
        ("seed", po::value(&seed)->value_name("N"),
         "what ports, sequence numbers and clocks are drawn from; 1 in virtual time, by chance in "
         "wall time")  //
        ("time", po::value(&time)->value_name("virtual|wall"),
         "whose clock; virtual where the device is attached by one unix: socket")             //
        ("json", po::value(&options.json_path)->value_name("P"), "write the report as JSON")  //
        ("out", po::value(&options.out_path)->value_name("DIR"),
         "write a pcapng for each case into DIR, which must be new or empty")  //
        ("strict,S", po::bool_switch(&options.is_strict), "SHOULD counts as MUST");
    return description;
}

TimeKind parse_time(const std::string& time) {
    if (time == "virtual") return TimeKind::Virtual;
    if (time == "wall") return TimeKind::Wall;
    throw UsageError(fmt::format("--time: expected virtual or wall, got {}", time));
}

// Not by Program_options, which reads -1 as 2^64 - 1.
std::uint64_t parse_seed(const std::string& text) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw UsageError(fmt::format("--seed: expected a number from 0 to 2^64 - 1, got {}", text));
    }
    return seed;
}

void parse_run(Options& options, const std::vector<std::string>& words) {
    std::string time;
    std::string seed;
    po::options_description all = run_options(options, time, seed);
    all.add_options()("selector", po::value(&options.selectors));
    po::positional_options_description positional;
    positional.add("selector", -1);
    // Without guessing: an option's beginning must not become another option when one is added.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    try {
        po::store(
            po::command_line_parser(words).options(all).positional(positional).style(style).run(),
            values);
        po::notify(values);
    } catch (const po::error& error) {
        throw UsageError(fmt::format("{}; see shunt-conform run --help", error.what()));
    }
    if (values.count("help") > 0) {
        options.command = Options::Command::Help;
        options.topic = "run";
        return;
    }
    if (!time.empty()) options.time = parse_time(time);
    if (!seed.empty()) options.seed = parse_seed(seed);
    if (options.iut_path.empty()) {
        throw UsageError("run: --iut FILE is required: what the device is and how to reach it");
    }
}

void parse_list(Options& options, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word == "--help" || word == "-h") {
            options.command = Options::Command::Help;
            options.topic = "list";
        } else if (word.starts_with('-')) {
            throw UsageError(
                fmt::format("list: unknown option {}; see shunt-conform list --help", word));
        } else {
            options.selectors.push_back(word);
        }
    }
}

}  // namespace

Options parse_options(int argument_count, char** arguments) {
    std::vector<std::string> words(arguments + 1, arguments + argument_count);
    Options options;
    const auto dashes = std::find(words.begin(), words.end(), "--");
    if (dashes != words.end()) options.device_command.assign(dashes + 1, words.end());
    const bool has_empty_command = dashes != words.end() && options.device_command.empty();
    words.erase(dashes, words.end());
    if (words.empty()) throw UsageError("expected a command\n\n" + help(""));
    const std::string command = words.front();
    words.erase(words.begin());
    if (command == "run") {
        options.command = Options::Command::Run;
        if (has_empty_command) throw UsageError("expected a command behind --");
        parse_run(options, words);
    } else if (command == "list") {
        options.command = Options::Command::List;
        parse_list(options, words);
    } else if (command == "--version") {
        options.command = Options::Command::Version;
    } else if (command != "--help" && command != "-h" && command != "help") {
        throw UsageError(fmt::format("expected list, run, --help or --version, got {}", command));
    }
    return options;
}

std::string help(const std::string& topic) {
    if (topic == "list") return kListHelp;
    if (topic != "run") return kOverview;
    Options options;
    std::string time;
    std::string seed;
    std::ostringstream text;
    text << kRunHelp << run_options(options, time, seed) << kRunExamples;
    return text.str();
}

}  // namespace conform
