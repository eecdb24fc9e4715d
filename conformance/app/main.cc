// SPDX-License-Identifier: Apache-2.0
/// shunt-conform: list and run.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "app/options.hh"
#include "app/runner.hh"
#include "attach/interrupt.hh"
#include "engine/selector.hh"
#include "iut/iut_file.hh"
#include "report/json.hh"
#include "report/text.hh"

namespace conform {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;
constexpr int kExitInterrupted = 130;
constexpr std::uint64_t kVirtualSeed = 1;

std::vector<const CaseInfo*> select(const Options& options) {
    const Selection selection(options.selectors);
    std::vector<const CaseInfo*> selected;
    for (const CaseInfo& info : all_cases()) {
        if (selection.matches(info.id)) selected.push_back(&info);
    }
    if (selected.empty()) {
        throw UsageError("nothing selected; shunt-conform list shows what there is");
    }
    return selected;
}

int list(const Options& options) {
    for (const CaseInfo* info : select(options)) {
        std::cout << fmt::format("{}\n    {}\n    {}\n", info->id,
                                 fmt::join(info->requirements, " "), info->claim);
    }
    return 0;
}

/// Evidence of an earlier run is never overwritten.
void make_out_directory(const std::string& path) {
    if (path.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || !std::filesystem::is_directory(path)) {
        throw UsageError(fmt::format("--out {}: cannot be made: {}", path, error.message()));
    }
    if (!std::filesystem::is_empty(path)) {
        throw UsageError(fmt::format("--out {}: not empty, and is not overwritten", path));
    }
}

void write_report(const std::string& path, const std::string& text) {
    if (path.empty()) return;
    std::ofstream out(path);
    out << text;
    if (!out.flush()) throw AttachmentError(fmt::format("--json {}: cannot be written", path));
}

/// What the command line leaves open follows from how the device is attached.
void complete(Options& options, const Iut& iut) {
    if (!options.time) {
        const bool is_one_socket = iut.front.kind == AttachmentKind::Unix && iut.front == iut.back;
        options.time = is_one_socket ? TimeKind::Virtual : TimeKind::Wall;
    }
    // In wall time a device may remember the ports of the last run.
    if (!options.seed) {
        options.seed = options.time == TimeKind::Virtual ? kVirtualSeed : std::random_device{}();
    }
}

int run(Options options) {
    const std::vector<const CaseInfo*> cases = select(options);
    const Iut iut = load_iut_file(options.iut_path);
    complete(options, iut);
    make_out_directory(options.out_path);
    catch_interrupts();
    const TextStyle style = TextStyle::for_stdout();
    RunResult result;
    {
        Runner runner(options, iut);
        result = runner.run(
            cases,
            [&style](const CaseInfo& info) {
                std::cout << describe_progress(info.id, style) << std::flush;
            },
            [&style](const CaseResult& each) {
                std::cout << describe_case(each, style) << std::flush;
            });
    }
    std::cout << describe_run(result, options.is_strict, style);
    write_report(options.json_path, to_json(result, options.is_strict));
    return exit_code(verdict_of(result, options.is_strict));
}

int dispatch(const Options& options) {
    switch (options.command) {
        case Options::Command::Help:
            std::cout << help(options.topic);
            return 0;
        case Options::Command::Version:
            std::cout << "shunt-conform " CONFORM_VERSION "\n";
            return 0;
        case Options::Command::List:
            return list(options);
        case Options::Command::Run:
            return run(options);
    }
    return kExitUsage;
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    try {
        return conform::dispatch(conform::parse_options(argument_count, arguments));
    } catch (const conform::UsageError& error) {
        std::cerr << "shunt-conform: " << error.what() << "\n";
        return conform::kExitUsage;
    } catch (const conform::IutFileError& error) {
        std::cerr << "shunt-conform: " << error.what() << "\n";
        return conform::kExitUsage;
    } catch (const conform::Interrupted&) {
        std::cerr << "shunt-conform: interrupted\n";
        return conform::kExitInterrupted;
    } catch (const std::exception& error) {
        std::cerr << "shunt-conform: " << error.what() << "\n";
        return conform::kExitHarness;
    }
}
