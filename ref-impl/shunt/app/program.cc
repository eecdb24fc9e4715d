// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/program.hh"

#include <fmt/format.h>

#include <cstdio>

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

}  // namespace shunt::app
