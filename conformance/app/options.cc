// SPDX-License-Identifier: Apache-2.0
#include "app/options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <sstream>

#include <boost/program_options.hpp>

#include "app/fuzz_option_list.hh"
#include "app/run_option_list.hh"
#include "engine/suggestion.hh"

namespace conform {
namespace {

namespace po = boost::program_options;

using Command = Options::Command;

constexpr const char* kOverview =
    "shunt-conform: judges devices that move TCP connections between servers.\n"
    "\n"
    "  shunt-conform list [SELECTOR..]                which cases there are\n"
    "  shunt-conform explain CASE|REQUIREMENT         what is demanded, and how it is tested\n"
    "  shunt-conform run [SELECTOR..] --iut FILE      judge a device\n"
    "  shunt-conform replay CAPTURE.. --iut FILE      play the client of a capture to a device\n"
    "  shunt-conform judge CAPTURE.. --iut FILE       verdicts from captures, without a device\n"
    "  shunt-conform verify DIR                       whether a run's evidence is unchanged\n"
    "  shunt-conform qualify --iut FILE               whether judge and device are joined well\n"
    "  shunt-conform coverage                         which case tests which requirement\n"
    "  shunt-conform selfcheck --iut FILE -- COMMAND  which case notices which seeded defect\n"
    "  shunt-conform mutants                          the seeded defects\n"
    "  shunt-conform fuzz --iut FILE -- COMMAND       mutated frames, and what they do\n"
    "  shunt-conform COMMAND --help                   more about a command\n"
    "  shunt-conform --version\n"
    "\n"
    "A selector is an id or a folder of ids, * is any text within one part, ** across parts,\n"
    "^SELECTOR takes cases out again, @FILE has a selector on each line: 'endpoint/**',\n"
    "'endpoint/*/well-formed', '^endpoint/target', @nightly.txt.\n"
    "\n"
    "Exit codes: 0 conformant or nothing but known failures, 1 not conformant, 2 usage or nothing\n"
    "selected, 3 harness trouble or inconclusive, 130 interrupted.\n";

/// What a command's help says around its options, and which options it has.
struct CommandText {
    Command command;
    const char* name;
    const char* usage;
    const char* examples;
    std::string_view options;
};

constexpr CommandText kCommands[] = {
    {Command::List, "list",
     "shunt-conform list [SELECTOR..] [--shard I/N] [--longest SECONDS]\n"
     "\n"
     "Prints the id, the requirements and the claim of each selected case.\n",
     "  shunt-conform list\n"
     "  shunt-conform list endpoint/forward '^**/answers-*'\n"
     "  shunt-conform list --longest 60 --shard 1/4\n",
     "shard longest cases"},
    {Command::Explain, "explain",
     "shunt-conform explain CASE|REQUIREMENT [--cases DIR]\n"
     "\n"
     "Prints a requirement's sentence and its cases, or what a case does and what it tests.\n",
     "  shunt-conform explain EP-9\n"
     "  shunt-conform explain endpoint/framing/checksum-verified\n",
     "cases"},
    {Command::Run, "run",
     "shunt-conform run [SELECTOR..] --iut FILE [OPTION..] [-- COMMAND..]\n"
     "\n"
     "Runs the selected cases against the device that FILE describes (docs/iut-toml.md). What "
     "stands\n"
     "behind -- starts the device, which is ended after the run.\n",
     "  shunt-conform run --iut shunt-node.toml --out out/verdict -- \\\n"
     "      shunt-node --config farm.toml --name s1 --front unix:out/s1.sock \\\n"
     "      --back unix:out/s1.sock --time virtual\n"
     "  shunt-conform run endpoint/target --iut device.toml --time wall --json verdict.json\n"
     "  shunt-conform run @smoke.txt --iut device.toml --shard 1/4 --known-failing known.toml\n",
     "iut seed time json junit tap html out strict shard longest order repeat fail-fast "
     "known-failing "
     "jobs devices no-qualify write-known-failing today cases"},
    {Command::Replay, "replay",
     "shunt-conform replay CAPTURE.. --iut FILE [OPTION..] [-- COMMAND..]\n"
     "\n"
     "Plays the client's side of each TCP connection in captures of any program, pcap or pcapng, "
     "to "
     "a\n"
     "device: with live addresses, ports, numbers and timestamps, each segment when the device has "
     "said\n"
     "what the captured server had said by then. What comes back is held against the capture; "
     "numbers,\n"
     "windows, the cut of segments and heads of HTTP may differ, and what else does is a finding "
     "that\n"
     "names field and packet. Connections are called replay/NAME/N.\n",
     "  shunt-conform replay curl.pcapng --iut device.toml --out out/replay\n"
     "  shunt-conform replay move.pcap --as home --iut shunt-node.toml -- shunt-node ..\n"
     "  shunt-conform replay page.pcap --only replay/page/3 --payload status --iut device.toml\n",
     "iut seed time json junit tap html out strict order repeat fail-fast jobs devices no-qualify "
     "only as payload"},
    {Command::Judge, "judge",
     "shunt-conform judge CAPTURE.. --iut FILE [--json P]\n"
     "\n"
     "Judges captures of `run --out` again: each case has its conversation once more, must send "
     "what "
     "it\n"
     "sent, and must come to the verdict of then; exit 3 with what differs first otherwise. Of "
     "other\n"
     "captures, pcap or pcapng, the oracles judge what goes to and from the device that FILE "
     "plans.\n",
     "  shunt-conform judge out/verdict/*.pcapng --iut shunt-node.toml\n"
     "  tcpdump -i any -w live.pcap; shunt-conform judge live.pcap --iut device.toml\n",
     "iut json cases"},
    {Command::Verify, "verify",
     "shunt-conform verify DIR [--iut FILE] [--json P]\n"
     "\n"
     "Checks what `run --out DIR` has left: every file is there, none has changed, none has been "
     "added;\n"
     "then judges every capture again and compares with the report. FILE instead of the bundle's "
     "own "
     "copy\n"
     "where the statement names the farm's secret, which no bundle has.\n",
     "  shunt-conform verify out/verdict\n", "iut json cases"},
    {Command::Qualify, "qualify",
     "shunt-conform qualify --iut FILE [OPTION..] [-- COMMAND..]\n"
     "\n"
     "Asks whether what joins the judge to the device works: marker frames come through, how late "
     "and\n"
     "how evenly, a verb that nobody has is answered as unsupported, and reset resets. Each run "
     "begins\n"
     "with it. Exit 3 where it does not work.\n",
     "  shunt-conform qualify --iut device.toml --json qualification.json\n", "iut seed time json"},
    {Command::Coverage, "coverage",
     "shunt-conform coverage [--json P]\n"
     "\n"
     "Prints which requirement has which cases, which case tests which requirements, and what no\n"
     "case tests: not observable, with the reason, or a hole.\n",
     "  shunt-conform coverage | grep HOLE\n", "json"},
    {Command::Selfcheck, "selfcheck",
     "shunt-conform selfcheck [SELECTOR..] --iut FILE [OPTION..] -- COMMAND..\n"
     "\n"
     "Runs the suite against the device, then against each mutant and each neutral variant of it:\n"
     "COMMAND with its program replaced by `PROGRAM --mutant NAME` or `PROGRAM --variant NAME`, "
     "and\n"
     "against devices that do nothing. Exit 1 if the device is not conformant, if a list is "
     "empty,\n"
     "if a mutant survives, or none of the cases that notice it names its requirement, if a case\n"
     "minds a variant, or if one passes on an empty device.\n",
     "  shunt-conform selfcheck --iut shunt-node.toml -- shunt-node --config farm.toml \\\n"
     "      --name s1 --front unix:out/s1.sock --back unix:out/s1.sock --time virtual\n"
     "  shunt-conform selfcheck 'endpoint/**' --part variants --iut shunt-node.toml -- ..\n",
     "iut seed time json mutants needs mapped part shard longest jobs devices"},
    {Command::Mutants, "mutants",
     "shunt-conform mutants [--mutants PROGRAM]\n"
     "\n"
     "Lists the seeded defects of PROGRAM, and the requirement that each breaks.\n",
     "  shunt-conform mutants\n", "mutants"},
    {Command::Fuzz, "fuzz",
     "shunt-conform fuzz --iut FILE [OPTION..] -- COMMAND..\n"
     "\n"
     "Sends frames of the farm that are right but for some mutations to connections in every "
     "state,\n"
     "and judges what becomes of them (docs/conformance.md, \"Fuzzing\"). Each case is given by "
     "seed\n"
     "and index. The device is attached by one unix: socket, in virtual time. Exit 0 if nothing "
     "was\n"
     "found, 1 with findings; an interrupted run says where to go on.\n",
     "  shunt-conform fuzz --iut shunt-node.toml --out out/fuzz --count 100000 -- \\\n"
     "      shunt-node --config farm.toml --name s1 --front unix:out/s1.sock \\\n"
     "      --back unix:out/s1.sock --time virtual\n"
     "  shunt-conform fuzz --only 4711 --seed 1 --promote cases --iut shunt-node.toml -- ..\n"
     "  shunt-conform run 'endpoint/promoted/**' --cases cases --iut shunt-node.toml -- ..\n",
     "iut seed json out count minutes from only promote jobs fail-fast"}};

const CommandText* find_command(std::string_view name) {
    const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                     [name](const CommandText& each) { return each.name == name; });
    return found == std::end(kCommands) ? nullptr : found;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    names.reserve(std::size(kCommands));
    for (const CommandText& each : kCommands)
        names.emplace_back(each.name);
    return names;
}

/// Only those that judge a device have one to start.
bool takes_device(Command command) {
    return command == Command::Run || command == Command::Qualify ||
           command == Command::Selfcheck || command == Command::Replay || command == Command::Fuzz;
}

bool has_option(const CommandText& command, std::string_view option) {
    return (" " + std::string(command.options) + " ").find(" " + std::string(option) + " ") !=
           std::string::npos;
}

po::options_description options_of(const CommandText& command, Options& options, std::string& time,
                                   std::string& seed) {
    po::options_description description("Options");
    const auto add = [&](const char* name, auto* value, const char* placeholder, const char* text) {
        if (!has_option(command, name)) return;
        description.add_options()(name, po::value(value)->value_name(placeholder), text);
    };
    description.add_options()("help,h", "this text");
    add("iut", &options.iut_path, "FILE", "the device (required)");
    const bool is_fuzz = command.command == Command::Fuzz;
    add("seed", &seed, "N",
        is_fuzz ? "what the cases are drawn from; 1"
                : "what ports, sequence numbers and clocks are drawn from; 1 in virtual time, by "
                  "chance in wall time");
    add("time", &time, "virtual|wall",
        "whose clock; virtual where the device is attached by one unix: socket");
    add("json", &options.json_path, "P", "write the report as JSON");
    add("junit", &options.junit_path, "P", "write the report as JUnit XML");
    add("tap", &options.tap_path, "P", "write the report as TAP 13");
    add("html", &options.html_path, "P", "write the report as one page that is read offline");
    add("mutants", &options.mutants_program, "PROGRAM",
        "takes --list-mutants, --mutant NAME, --list-variants, --variant NAME; shunt-node-mutants "
        "beside this program");
    add("needs", &options.needs, "KIND",
        "only mutants that show in farms of this kind alone: a word that `mutants` has in "
        "brackets");
    if (has_option(command, "part")) {
        auto* parts = po::value<std::vector<std::string>>()->value_name("PART");
        parts->notifier([&options](const std::vector<std::string>& words) {
            options.parts = SelfcheckParts::named(words);
        });
        description.add_options()("part", parts,
                                  "mutants, variants or empty-devices; again for more; all if none "
                                  "is given");
    }
    if (has_option(command, "mapped")) {
        description.add_options()(
            "mapped", po::bool_switch(&options.is_mapped_only),
            "against each mutant only the cases of its requirement, and one that passes");
    }
    if (has_option(command, "only") && command.command == Command::Replay) {
        description.add_options()(
            "only", po::value(&options.only)->value_name("SELECTOR"),
            "connections by their names, replay/NAME/N; again for more; all if none is given");
    }
    add("as", &options.side, "client|home|target",
        "whose side is played; home and target: of moves in captures of a base farm");
    add("payload", &options.payload, "auto|bytes|http|status",
        "what of the answers has to be as captured: every byte; status codes and bodies of HTTP; "
        "status codes alone; auto: http where it is HTTP, else bytes");
    add("out", &options.out_path, "DIR",
        is_fuzz
            ? "write what is found, and the device's log, into DIR, which must be new or empty"
            : "write a bundle into DIR, which must be new or empty: for each case a capture and "
              "what happened in words and as a picture; statement, report, and a manifest of "
              "hashes");
    if (has_option(command, "strict")) {
        description.add_options()("strict,S", po::bool_switch(&options.is_strict),
                                  "SHOULD counts as MUST");
    }
    add("cases", &options.cases_path, "DIR",
        "cases that fuzzing found, NAME.toml each, are endpoint/promoted/NAME");
    add_run_options(description, command.options, options.run);
    // Of connections in one command, of cases in the other.
    if (command.command == Command::Fuzz)
        add_fuzz_options(description, command.options, options.fuzz);
    return description;
}

TimeKind parse_time(const std::string& time) {
    if (time == "virtual") return TimeKind::Virtual;
    if (time == "wall") return TimeKind::Wall;
    throw UsageError(fmt::format("--time: expected virtual or wall, got {}", time));
}

bool takes_selectors(Command command) {
    return command != Command::Qualify && command != Command::Fuzz;
}

void require_one_extent(const FuzzOptions& fuzz) {
    if (!fuzz.only.empty() && (fuzz.count || fuzz.minutes || fuzz.from > 0))
        throw UsageError("--only: expected without --from, --count and --minutes");
    const std::uint64_t left = UINT64_MAX - fuzz.from;
    if (fuzz.count.value_or(1) == 0 || fuzz.count.value_or(1) > left)
        throw UsageError("--count: expected one case or more, with indices below 2^64 - 1");
}

/// What a command cannot do without.
void require_arguments(const Options& options) {
    switch (options.command) {
        case Command::Run:
        case Command::Qualify:
        case Command::Selfcheck:
        case Command::Replay:
        case Command::Fuzz:
            if (options.iut_path.empty()) {
                throw UsageError("--iut FILE is required: what the device is and how to reach it");
            }
            if (options.command == Command::Selfcheck && options.device_command.empty()) {
                throw UsageError("selfcheck: expected -- COMMAND, which starts the device");
            }
            if (options.command == Command::Replay && options.selectors.empty())
                throw UsageError("replay: expected a capture");
            if (options.command == Command::Fuzz && options.device_command.empty()) {
                throw UsageError("fuzz: expected -- COMMAND, which starts the device");
            }
            if (options.command == Command::Fuzz) require_one_extent(options.fuzz);
            if (!takes_selectors(options.command) && !options.selectors.empty()) {
                throw UsageError("expected no argument, got " + options.selectors.front());
            }
            return;
        case Command::Judge:
            if (options.iut_path.empty())
                throw UsageError("--iut FILE is required: the plan and statement of the device");
            if (options.selectors.empty()) throw UsageError("judge: expected a capture");
            return;
        case Command::Verify:
            if (options.selectors.size() != 1) throw UsageError("verify: expected one directory");
            return;
        case Command::Explain:
            if (options.selectors.size() != 1) {
                throw UsageError("explain: expected one case or requirement");
            }
            return;
        case Command::Coverage:
        case Command::Mutants:
            if (!options.selectors.empty()) {
                throw UsageError("expected no argument, got " + options.selectors.front());
            }
            return;
        case Command::Help:
        case Command::Version:
        case Command::List:
            return;
    }
}

/// A report in another's place would replace it, and one in the bundle's folder, which must be
/// empty when the run begins, would be none of its files.
void require_places_of_their_own(const Options& options) {
    namespace fs = std::filesystem;
    const std::pair<const char*, const std::string&> reports[] = {
        {"json", options.json_path},
        {"junit", options.junit_path},
        {"tap", options.tap_path},
        {"html", options.html_path},
        {"write-known-failing", options.run.write_known_failing_path}};
    const auto place_of = [](const std::string& path) {
        std::error_code ignored;
        const fs::path place = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
        return place.has_filename() ? place : place.parent_path();
    };
    const fs::path folder = options.out_path.empty() ? fs::path() : place_of(options.out_path);
    std::map<fs::path, const char*> taken;
    for (const auto& [name, path] : reports) {
        std::error_code ignored_error;
        // Devices and pipes (/dev/stdout) take more than one.
        const bool is_file =
            !fs::exists(path, ignored_error) || fs::is_regular_file(path, ignored_error);
        if (path.empty() || !is_file) continue;
        const fs::path place = place_of(path);
        const auto [first, is_new] = taken.emplace(place, name);
        if (!is_new) {
            throw UsageError(
                fmt::format("--{} and --{} name one file: {}", first->second, name, path));
        }
        const auto [end, ignored] =
            std::mismatch(folder.begin(), folder.end(), place.begin(), place.end());
        static_cast<void>(ignored);
        if (!folder.empty() && end == folder.end()) {
            throw UsageError(
                fmt::format("--{} {}: not in the folder of --out, which takes a "
                            "bundle alone (report.json is in it)",
                            name, path));
        }
    }
}

void parse_command(const CommandText& command, Options& options,
                   const std::vector<std::string>& words) {
    std::string time;
    std::string seed;
    po::options_description all = options_of(command, options, time, seed);
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
        throw UsageError(
            fmt::format("{}; see shunt-conform {} --help", error.what(), command.name));
    }
    options.command = command.command;
    if (values.count("help") > 0) {
        options.command = Command::Help;
        options.topic = command.name;
        return;
    }
    for (const auto& [name, value] : values) {
        const auto* text = boost::any_cast<std::string>(&value.value());
        if (text != nullptr && text->empty()) {
            throw UsageError(fmt::format("--{}: expected a value, got nothing", name));
        }
    }
    if (values.count("time") > 0) options.time = parse_time(time);
    if (values.count("seed") > 0) options.seed = parse_u64("seed", seed);
    if (!options.device_command.empty() && !takes_device(command.command))
        throw UsageError(fmt::format("{}: expected no command behind --", command.name));
    require_arguments(options);
    require_places_of_their_own(options);
}

/// `help COMMAND` is `COMMAND --help`.
void parse_help(Options& options, const std::vector<std::string>& topics) {
    if (topics.empty()) return;
    if (topics.size() > 1) throw UsageError("help: expected one command, got " + topics[1]);
    if (find_command(topics.front()) == nullptr)
        throw UsageError(fmt::format("help: no command is called {}{}", topics.front(),
                                     did_you_mean(topics.front(), command_names())));
    options.topic = topics.front();
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
    if (has_empty_command) throw UsageError("expected a command behind --");
    if (const CommandText* known = find_command(command)) {
        parse_command(*known, options, words);
    } else if (command == "--version") {
        options.command = Command::Version;
    } else if (command == "help") {
        parse_help(options, words);
    } else if (command != "--help" && command != "-h") {
        std::vector<std::string> names = command_names();
        names.insert(names.begin(), {"--help", "--version"});
        throw UsageError(fmt::format("expected one of {}, got {}{}", fmt::join(names, ", "),
                                     command, did_you_mean(command, names)));
    }
    return options;
}

std::string help(const std::string& topic) {
    const CommandText* command = find_command(topic);
    if (command == nullptr) return kOverview;
    Options options;
    std::string time;
    std::string seed;
    std::ostringstream text;
    text << command->usage << "\n"
         << options_of(*command, options, time, seed) << "\n"
         << command->examples;
    return text.str();
}

}  // namespace conform
