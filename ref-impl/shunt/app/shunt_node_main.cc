// SPDX-License-Identifier: Apache-2.0
// shunt-node: one server of a farm.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <variant>

#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"

int main(int argument_count, char** arguments) {
    signal(SIGPIPE, SIG_IGN);  // whoever reads our stdout may leave before us
    const shunt::app::ParsedNodeOptions parsed =
        shunt::app::parse_node_options(argument_count, arguments);
    if (const auto* wanted = std::get_if<shunt::app::TextWanted>(&parsed)) {
        fmt::print("{}", wanted->text);
        return shunt::app::kExitOk;
    }
    if (const auto* error = std::get_if<shunt::app::UsageError>(&parsed)) {
        fmt::print(stderr, "shunt-node: {}\nshunt-node --help shows all options and examples.\n",
                   error->text);
        return shunt::app::kExitSetup;
    }
    return shunt::app::run_node(std::get<shunt::app::NodeOptions>(parsed));
}
