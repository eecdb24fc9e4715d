// SPDX-License-Identifier: Apache-2.0
// The main() of a program with options: a text that was asked for, a complaint, or the work.
#pragma once

#include <signal.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shunt/app/exit_codes.hh"
#include "shunt/app/parsed_options.hh"

namespace shunt::app {

/// Prints what was asked for. Returns the exit code.
int print_text(const TextWanted& wanted);
/// Says what is wrong, and what helps. Returns the exit code.
int complain_about_usage(std::string_view program, const UsageError& error);

/// Exit code of a program that would end with `code`: what was printed and got lost, on a full disk
/// for one, is no success.
int flushed(std::string_view program, int code);

/// Returns the exit code: that of `run`, which gets the options, where there are any. `values` is
/// what main() was called with.
template <typename Options, typename Run>
int run_program(std::string_view program, int count, char** values,
                ParsedOptions<Options> (*parse)(const std::vector<std::string>&), const Run& run) {
    signal(SIGPIPE, SIG_IGN);  // whoever reads our stdout may leave before us
    const std::vector<std::string> all(values, values + count);  // none, if execve() gave none
    const auto first = all.empty() ? all.begin() : all.begin() + 1;
    const ParsedOptions<Options> parsed = parse({first, all.end()});
    if (const auto* wanted = std::get_if<TextWanted>(&parsed)) {
        return flushed(program, print_text(*wanted));
    }
    if (const auto* error = std::get_if<UsageError>(&parsed)) {
        return complain_about_usage(program, *error);
    }
    return flushed(program, run(std::get<Options>(parsed)));
}

}  // namespace shunt::app
