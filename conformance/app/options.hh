// SPDX-License-Identifier: Apache-2.0
/// The command line of shunt-conform.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/fuzz_options.hh"
#include "app/run_options.hh"
#include "app/selfcheck_parts.hh"
#include "attach/open.hh"

namespace conform {

struct Options {
    enum class Command : std::uint8_t {
        Help,
        Version,
        List,
        Run,
        Qualify,
        Selfcheck,
        Mutants,
        Explain,
        Coverage,
        Judge,
        Verify,
        Replay,
        Fuzz
    };

    Command command = Command::Help;
    std::string topic;  ///< which command's help; empty: of all
    /// For explain: the one name; for judge and replay: captures.
    std::vector<std::string> selectors;
    std::vector<std::string> only;  ///< of replay: selectors of connections
    std::string side = "client";    ///< of replay: whose side of the capture is played
    std::string payload = "auto";   ///< of replay: what of the answers has to be the same
    /// Of replay: files that the bundle has, and what each is a copy of.
    std::vector<std::pair<std::string, std::string>> copies{};
    std::string iut_path;
    std::optional<std::uint64_t> seed;
    std::optional<TimeKind> time;
    std::string json_path;
    std::string junit_path;
    std::string tap_path;
    std::string html_path;
    std::string mutants_program;
    std::string needs;  ///< of the mutants that are asked; empty: all that show in this farm
    bool is_mapped_only = false;
    SelfcheckParts parts{};
    std::string out_path;
    bool is_strict = false;
    RunOptions run{};
    FuzzOptions fuzz{};
    std::string cases_path;                   ///< a folder of cases beside those of the suite
    std::vector<std::string> device_command;  ///< what stands behind `--`
};

/// Throws UsageError with what was expected.
Options parse_options(int argument_count, char** arguments);

/// The text of --help.
std::string help(const std::string& topic);

}  // namespace conform
