// SPDX-License-Identifier: Apache-2.0
/// shunt-conform: the commands.
#include <fmt/format.h>

#include <iostream>

#include "app/bundle.hh"
#include "app/expectations.hh"
#include "app/fuzz_display.hh"
#include "app/fuzz_files.hh"
#include "app/judge.hh"
#include "app/mutants.hh"
#include "app/options.hh"
#include "app/report_file.hh"
#include "app/run_display.hh"
#include "app/run_setup.hh"
#include "app/runner.hh"
#include "app/selfcheck.hh"
#include "attach/interrupt.hh"
#include "cases/promoted.hh"
#include "cases/requirements.hh"
#include "engine/selector.hh"
#include "engine/suggestion.hh"
#include "iut/iut_file.hh"
#include "playback/playback_cases.hh"
#include "report/coverage.hh"
#include "report/html.hh"
#include "report/json.hh"
#include "report/junit.hh"
#include "report/progress.hh"
#include "report/tap.hh"
#include "report/text.hh"

namespace conform {
namespace {

constexpr int kExitNegative = 1;
constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;
constexpr int kExitInterrupted = 130;

int list(const Options& options) {
    for (const CaseInfo* info : arrange(select_cases(options.selectors), options.run, 0)) {
        std::cout << printable(fmt::format("{}\n    {}\n    {}\n", info->id,
                                           fmt::join(info->requirements, " "), info->claim));
    }
    return 0;
}

/// Compares the run with what its owner knows to fail, and writes down what nobody knows yet.
void compare_with_known(const Options& options, const std::vector<KnownFailure>& expectations,
                        const Date& today, RunResult& result) {
    result.known_failing.path = options.run.known_failing_path;
    if (!expectations.empty()) {
        apply_expectations(expectations, all_cases(), today, options.is_strict, result);
    }
    write_file(options.run.write_known_failing_path,
               describe_expectations(result, today, options.is_strict));
}

int run_cases(Options options, std::vector<const CaseInfo*> cases) {
    const Iut iut = load_iut_file(options.iut_path);
    complete(options, iut);
    cases = arrange(std::move(cases), options.run, *options.seed);
    std::vector<KnownFailure> expectations;
    if (!options.run.known_failing_path.empty()) {
        expectations = load_expectations(options.run.known_failing_path);
    }
    require_writable(options.run.write_known_failing_path);
    require_writable(options.json_path);
    require_writable(options.junit_path);
    require_writable(options.tap_path);
    require_writable(options.html_path);
    make_out_directory(options.out_path);
    for (const auto& [name, original] : options.copies)
        write_file(options.out_path + "/" + name, ByteView(read_capture_bytes(original)));
    options.run.has_qualification = !options.run.skips_qualification;
    catch_interrupts();
    const TextStyle style = TextStyle::for_stdout();
    const Date today = options.run.today.value_or(today_of_machine());
    RunResult result;
    bool is_interrupted = false;
    {
        Runner runner(options, iut, [&](const CaseResult& each) {
            return is_known(expectations, each, today, options.is_strict);
        });
        RunDisplay display(style, cases.size() * options.run.rounds);
        result = runner.run(
            cases, [&display](const CaseInfo& info) { display.started(info); },
            [&display](const CaseResult& each) { display.finished(each); });
        is_interrupted = runner.was_interrupted();
    }
    compare_with_known(options, expectations, today, result);
    std::cout << describe_run(result, options.is_strict, style);
    write_file(options.json_path, to_json(result, options.is_strict));
    write_file(options.junit_path, to_junit(result, options.is_strict));
    write_file(options.tap_path, to_tap(result, options.is_strict));
    write_file(options.html_path, to_html(result, options.is_strict));
    write_bundle(options, result);
    if (is_interrupted) throw Interrupted();
    return exit_code(result, options.is_strict);
}

int run(const Options& options) {
    return run_cases(options, select_cases(options.selectors));
}

int replay(Options options) {
    const auto match = parse_payload_match(options.payload);
    if (!match) {
        throw UsageError(fmt::format("--payload: expected auto, bytes, http or status, got {}",
                                     options.payload));
    }
    const auto side = parse_played_side(options.side);
    if (!side) {
        throw UsageError(
            fmt::format("--as: expected client, home or target, got {}", options.side));
    }
    PlaybackCases playback({.match = *match}, *side);
    for (const std::string& capture : options.selectors)
        playback.add(capture);
    for (std::size_t i = 0; i < options.selectors.size() && !options.out_path.empty(); ++i) {
        options.copies.emplace_back(PlaybackCases::copy_name(playback.names()[i]),
                                    options.selectors[i]);
    }
    const Selection only(options.only);
    std::vector<const CaseInfo*> cases;
    for (const CaseInfo& info : playback.all()) {
        if (only.matches(info.id)) cases.push_back(&info);
    }
    if (cases.empty()) {
        throw UsageError(fmt::format("--only: none of the {} connections is called so; {} is one",
                                     playback.all().size(), playback.all().front().id));
    }
    options.run.is_of_suite = false;
    return run_cases(std::move(options), std::move(cases));
}

int qualify_only(Options options) {
    const Iut iut = load_iut_file(options.iut_path);
    complete(options, iut);
    require_writable(options.json_path);
    catch_interrupts();
    const Qualification qualification = Runner(options, iut).qualify();
    std::cout << printable(describe_qualification(qualification));
    write_file(options.json_path, qualification_json(qualification));
    return qualification.troubles.empty() ? 0 : kExitHarness;
}

int selfcheck(Options options) {
    std::vector<const CaseInfo*> cases = select_cases(options.selectors);
    const Iut iut = load_iut_file(options.iut_path);
    complete(options, iut);
    cases = arrange(std::move(cases), options.run, *options.seed);
    require_writable(options.json_path);
    if (options.mutants_program.empty()) options.mutants_program = default_mutants_program();
    catch_interrupts();
    const bool is_terminal = TextStyle::for_stdout().is_terminal;
    const SelfcheckResult result =
        run_selfcheck(options, iut, cases, [is_terminal](const SelfcheckStep& step) {
            if (is_terminal) std::cout << redrawn(describe_step(step)) << std::flush;
        });
    if (is_terminal) std::cout << erased();
    std::cout << describe_selfcheck(result);
    write_file(options.json_path, to_json(result));
    return complaints(result).empty() ? 0 : kExitNegative;
}

int judge(const Options& options) {
    require_writable(options.json_path);
    catch_interrupts();
    const TextStyle style = TextStyle::for_stdout();
    const JudgementRun run =
        judge_captures(options.selectors, options.iut_path, [&style](const Judgement& each) {
            std::cout << describe_judgement(each, style) << std::flush;
        });
    std::cout << describe_judgements(run);
    write_file(options.json_path, to_json(run));
    return exit_code(run);
}

int verify(const Options& options) {
    require_writable(options.json_path);
    catch_interrupts();
    const Verification verification = verify_bundle(options.selectors.front(), options.iut_path);
    std::cout << describe(verification);
    write_file(options.json_path, to_json(verification));
    return verification.faults.empty() ? 0 : kExitNegative;
}

int mutants(const Options& options) {
    catch_interrupts();
    const std::vector<Mutant> list = list_mutants(
        options.mutants_program.empty() ? default_mutants_program() : options.mutants_program);
    for (const Mutant& mutant : list) {
        std::cout << printable(fmt::format("{:<36} {:<7} {}{}\n", mutant.name, mutant.requirement,
                                           mutant.text,
                                           mutant.needs.empty() ? "" : " [" + mutant.needs + "]"));
    }
    std::cout << fmt::format("{} mutants\n", list.size());
    return list.empty() ? kExitNegative : 0;
}

int fuzz(Options options) {
    const Iut iut = load_iut_file(options.iut_path);
    complete(options, iut);
    require_writable(options.json_path);
    make_out_directory(options.out_path);
    require_folder(options.fuzz.promote_path);
    catch_interrupts();
    FuzzDisplay display(TextStyle::for_stdout());
    const FuzzReport report = run_fuzz(
        options, iut, [&display](const FuzzProgress& progress) { display.draw(progress); });
    display.end(report);
    write_file(options.json_path, to_json(report));
    if (!report.trouble.empty()) throw AttachmentError(report.trouble);
    if (report.is_interrupted) throw Interrupted();
    return report.findings.empty() ? 0 : kExitNegative;
}

int explain_one(const std::string& name) {
    const std::string text = explain(name);
    if (text.empty()) {
        const bool is_case = name.find('/') != std::string::npos;
        std::vector<std::string> names;
        if (is_case) {
            for (const CaseInfo& info : all_cases())
                names.emplace_back(info.id);
        } else {
            for (const Requirement& requirement : all_requirements())
                names.push_back(requirement.id);
        }
        throw UsageError(fmt::format("no {} is called {}{}", is_case ? "case" : "requirement", name,
                                     did_you_mean(name, names)));
    }
    std::cout << printable(text);
    return 0;
}

int coverage(const Options& options) {
    std::cout << describe_coverage();
    write_file(options.json_path, coverage_json());
    return 0;
}

int dispatch(const Options& options) {
    if (!options.cases_path.empty()) add_case_folder(options.cases_path);
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
        case Options::Command::Qualify:
            return qualify_only(options);
        case Options::Command::Selfcheck:
            return selfcheck(options);
        case Options::Command::Mutants:
            return mutants(options);
        case Options::Command::Explain:
            return explain_one(options.selectors.front());
        case Options::Command::Judge:
            return judge(options);
        case Options::Command::Verify:
            return verify(options);
        case Options::Command::Replay:
            return replay(options);
        case Options::Command::Coverage:
            return coverage(options);
        case Options::Command::Fuzz:
            return fuzz(options);
    }
    return kExitUsage;
}

/// Names in it are of the command line, of files and of devices: none of them steers a terminal.
int complain(const std::exception& error, int exit_code) {
    std::cerr << "shunt-conform: " << printable(error.what()) << "\n";
    return exit_code;
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    try {
        return conform::dispatch(conform::parse_options(argument_count, arguments));
    } catch (const conform::UsageError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::IutFileError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::Interrupted&) {
        std::cerr << "shunt-conform: interrupted\n";
        return conform::kExitInterrupted;
    } catch (const std::exception& error) {
        return conform::complain(error, conform::kExitHarness);
    }
}
