// SPDX-License-Identifier: Apache-2.0
// shunt-node: one server of a farm.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <variant>

#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"

int main(int argument_count, char** arguments) {
    using namespace shunt::app;
    signal(SIGPIPE, SIG_IGN);  // whoever reads our stdout may leave before us
    const ParsedNodeOptions parsed = parse_node_options(argument_count, arguments);
    if (const auto* wanted = std::get_if<TextWanted>(&parsed)) {
        fmt::print("{}", wanted->text);
        return kExitOk;
    }
    if (const auto* error = std::get_if<UsageError>(&parsed)) {
        fmt::print(stderr, "shunt-node: {}\nshunt-node --help shows all options and examples.\n",
                   error->text);
        return kExitSetup;
    }
    return run_node(std::get<NodeOptions>(parsed));
}
