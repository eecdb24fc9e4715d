// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/program.hh"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace shunt::app {

int print_text(const TextWanted& wanted) {
    fmt::print("{}", wanted.text);
    return kExitOk;
}

int complain_about_usage(std::string_view program, const UsageError& error) {
    fmt::print(stderr, "{0}: {1}\n{0} --help shows all options and examples.\n", program,
               error.text);
    return kExitSetup;
}

int flushed(std::string_view program, int code) {
    const bool has_failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
    // Who closes our stdout does not want to read it.
    if (!has_failed || errno == EBADF || code != kExitOk) return code;
    fmt::print(stderr, "{}: standard output: {}\n", program, std::strerror(errno));
    return kExitTrouble;
}

}  // namespace shunt::app
