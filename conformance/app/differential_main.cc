// SPDX-License-Identifier: Apache-2.0
/// shunt-differential: segment scripts against the engine and against this machine's kernel.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include <boost/program_options.hpp>

#include "app/differential.hh"
#include "attach/interrupt.hh"
#include "attach/text_file.hh"
#include "report/text.hh"
#include "script/script_reader.hh"

namespace conform {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

constexpr int kExitNegative = 1;
constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;
constexpr int kExitInterrupted = 130;
constexpr unsigned kJobsMax = 64;

constexpr const char* kUsage =
    "shunt-differential play SCRIPT.. [--device ours|kernel|unix:PATH] [--time virtual|wall]\n"
    "    what one device does, and whether it is what the scripts expect\n"
    "shunt-differential compare SCRIPT.. [--deviations FILE] [--jobs N]\n"
    "    what the engine does otherwise than this machine's kernel (needs root)\n"
    "\n"
    "SCRIPT is a file, or a directory of files *.seg (docs/segment-scripts.md).\n"
    "Exit codes: 0 as expected, no unexplained difference; 1 otherwise; 2 usage; 3 harness\n"
    "trouble; 130 interrupted.\n";

struct Options {
    std::string command;
    std::vector<std::string> scripts;
    std::string device = "ours";
    std::string time;
    std::string deviations;
    std::string ours;
    std::vector<std::string> kernel_settings;
    unsigned jobs = 8;
};

po::options_description described(Options& options) {
    po::options_description all("Options");
    auto add = all.add_options();
    add("help,h", "this text");
    add("device", po::value(&options.device), "play: ours, kernel or unix:PATH");
    add("time", po::value(&options.time), "play: of a unix: device, virtual (default) or wall");
    add("deviations", po::value(&options.deviations), "compare: the differences that are known");
    add("jobs", po::value(&options.jobs), "compare: scripts at once (8)");
    add("ours", po::value(&options.ours), "the engine's program (shunt-host beside this one)");
    add("kernel-set", po::value(&options.kernel_settings),
        "NAME=VALUE below net.ipv4, in the kernel's namespaces alone");
    return all;
}

Options parse(int argument_count, char** arguments) {
    Options options;
    po::options_description all = described(options);
    po::options_description hidden;
    std::vector<std::string> words;
    hidden.add(all).add_options()("words", po::value(&words));
    po::positional_options_description positions;
    positions.add("words", -1);
    constexpr int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    try {
        po::store(po::command_line_parser(argument_count, arguments)
                      .options(hidden)
                      .positional(positions)
                      .style(style)
                      .run(),
                  values);
        po::notify(values);
    } catch (const po::error& error) {
        throw UsageError(error.what());
    }
    if (values.count("help") != 0) {
        std::ostringstream text;
        text << kUsage << "\n" << all;
        options.command = "help";
        options.scripts = {text.str()};
        return options;
    }
    if (words.empty() || (words.front() != "play" && words.front() != "compare")) {
        throw UsageError(fmt::format("expected play or compare\n{}", kUsage));
    }
    options.command = words.front();
    options.scripts.assign(words.begin() + 1, words.end());
    if (options.jobs < 1 || options.jobs > kJobsMax) throw UsageError("--jobs: expected 1 to 64");
    if (!options.time.empty() && options.time != "virtual" && options.time != "wall") {
        throw UsageError("--time: expected virtual or wall");
    }
    return options;
}

std::vector<Script> load(const std::vector<std::string>& places) {
    std::vector<std::string> files;
    for (const std::string& place : places) {
        if (!fs::is_directory(place)) {
            files.push_back(place);
            continue;
        }
        for (const fs::directory_entry& entry : fs::directory_iterator(place))
            if (entry.path().extension() == ".seg") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) throw UsageError("expected a script, or a directory with some");
    std::vector<Script> scripts;
    for (const std::string& file : files) {
        scripts.push_back(load_script(file));
        const std::string& name = scripts.back().name;
        const auto same = std::find_if(scripts.begin(), scripts.end() - 1,
                                       [&name](const Script& each) { return each.name == name; });
        if (same != scripts.end() - 1) {
            throw ScriptError(fmt::format("{}: {} has that name too", file, same->file));
        }
    }
    return scripts;
}

std::string beside_this(const char* program) {
    return (fs::read_symlink("/proc/self/exe").parent_path() / program).string();
}

ScriptDeviceSource source_of(const Options& options, const std::string& device) {
    if (device == "ours") {
        const std::string program = options.ours.empty() ? beside_this("shunt-host") : options.ours;
        return {{program}, "", TimeKind::Virtual};
    }
    if (device == "kernel") {
        std::vector<std::string> command{beside_this("shunt-kernel-host")};
        for (const std::string& setting : options.kernel_settings)
            command.insert(command.end(), {"--set", setting});
        return {command, "", TimeKind::Wall};
    }
    constexpr std::string_view prefix = "unix:";
    if (!device.starts_with(prefix)) {
        throw UsageError(
            fmt::format("--device: expected ours, kernel or unix:PATH, got {}", device));
    }
    return {{},
            device.substr(prefix.size()),
            options.time == "wall" ? TimeKind::Wall : TimeKind::Virtual};
}

int play_all(const Options& options) {
    const ScriptDeviceSource source = source_of(options, options.device);
    std::size_t unmet = 0;
    const std::vector<Script> scripts = load(options.scripts);
    for (const Script& script : scripts) {
        const Transcript transcript = play_once(script, source);
        std::cout << printable(describe(script, transcript));
        for (const std::string& complaint : unmet_expectations(script, transcript)) {
            std::cout << "FAIL " << printable(complaint) << "\n";
            ++unmet;
        }
    }
    std::cout << fmt::format("{} scripts, {} expectations not met\n", scripts.size(), unmet);
    return unmet == 0 ? 0 : kExitNegative;
}

Deviations load_deviations(const std::string& path) {
    if (path.empty()) return {};
    try {
        return Deviations::read(path, read_text_file(path));
    } catch (const TextFileError& error) {
        throw UsageError(error.what());
    }
}

/// What was found, as one line and an exit code.
struct Summary {
    std::size_t same = 0;
    std::size_t differences = 0;
    std::size_t unexplained = 0;
    std::size_t unmet = 0;
    std::size_t troubles = 0;
    std::size_t unseen = 0;
};

int compare_all(const Options& options) {
    const std::vector<Script> scripts = load(options.scripts);
    Deviations deviations = load_deviations(options.deviations);
    Summary summary;
    std::vector<std::string> names;
    for (const ScriptResult& result : compare_devices(scripts, source_of(options, "ours"),
                                                      source_of(options, "kernel"), options.jobs)) {
        if (!result.trouble.empty()) {
            ++summary.troubles;
            std::cout << fmt::format("TROUBLE {}: {}\n", result.script->name,
                                     printable(result.trouble));
            continue;
        }
        names.push_back(result.script->name);
        if (result.differences.empty()) ++summary.same;
        for (const StepDifference& each : result.differences)
            summary.differences += each.signatures.size();
        std::cout << printable(describe(result, deviations, summary.unexplained));
        for (const std::string& complaint : result.unmet)
            std::cout << "FAIL " << printable(complaint) << "\n";
        summary.unmet += result.unmet.size();
    }
    for (const Deviation& each : deviations.unseen(names)) {
        ++summary.unseen;
        std::cout << fmt::format("NOT SEEN {}:{}: {}: {}\n", options.deviations, each.line, each.id,
                                 each.pattern);
    }
    std::cout << fmt::format(
        "{} scripts, {} the same; {} differences, {} not explained; {} deviations not seen, "
        "{} expectations not met, {} without a result\n",
        scripts.size(), summary.same, summary.differences, summary.unexplained, summary.unseen,
        summary.unmet, summary.troubles);
    const bool is_good = summary.unexplained + summary.unmet + summary.unseen == 0;
    if (summary.troubles > 0) return kExitHarness;
    return is_good ? 0 : kExitNegative;
}

int complain(const std::exception& error, int exit_code) {
    std::cerr << "shunt-differential: " << printable(error.what()) << "\n";
    return exit_code;
}

int run(int argument_count, char** arguments) {
    const Options options = parse(argument_count, arguments);
    if (options.command == "help") {
        std::cout << options.scripts.front();
        return 0;
    }
    catch_interrupts();
    return options.command == "play" ? play_all(options) : compare_all(options);
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    try {
        return conform::run(argument_count, arguments);
    } catch (const conform::UsageError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::ScriptError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::Interrupted&) {
        return conform::kExitInterrupted;
    } catch (const std::exception& error) {
        return conform::complain(error, conform::kExitHarness);
    }
}
