// SPDX-License-Identifier: Apache-2.0
// shunt-node-mutants: shunt-node with one seeded defect. --mutant NAME comes before the node's own
// options; --list-mutants prints them all as JSON lines.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <string_view>
#include <variant>
#include <vector>

#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"
#include "shunt/base/mutant.hh"

namespace {

constexpr std::string_view kUsage =
    "usage: shunt-node-mutants --list-mutants\n"
    "       shunt-node-mutants --mutant NAME OPTIONS-OF-SHUNT-NODE..\n"
    "example: shunt-node-mutants --mutant ignores-checksum --config farm.toml --name s1 "
    "--front unix:s1.sock --back unix:s1.sock --time virtual\n";

void list_mutants() {
    for (const shunt::MutantText& text : shunt::all_mutants()) {
        fmt::print("{{\"name\":\"{}\",\"requirement\":\"{}\",\"text\":\"{}\"}}\n", text.name,
                   text.requirement, text.sentence);
    }
}

int run(const std::vector<char*>& arguments) {
    const shunt::app::ParsedNodeOptions parsed = shunt::app::parse_node_options(
        static_cast<int>(arguments.size()), const_cast<char**>(arguments.data()));
    if (const auto* options = std::get_if<shunt::app::NodeOptions>(&parsed)) {
        return shunt::app::run_node(*options);
    }
    if (const auto* error = std::get_if<shunt::app::UsageError>(&parsed)) {
        fmt::print(stderr, "shunt-node-mutants: {}\n", error->text);
    }
    fmt::print(stderr, "{}", kUsage);
    return shunt::app::kExitSetup;
}

}  // namespace

int main(int argument_count, char** argument_values) {
    signal(SIGPIPE, SIG_IGN);  // whoever reads our stdout may leave before us
    std::vector<char*> arguments(argument_values, argument_values + argument_count);
    if (arguments.size() == 2 && std::string_view(arguments[1]) == "--list-mutants") {
        list_mutants();
        return shunt::app::kExitOk;
    }
    if (arguments.size() < 3 || std::string_view(arguments[1]) != "--mutant") {
        fmt::print(stderr, "{}", kUsage);
        return shunt::app::kExitSetup;
    }
    const auto mutant = shunt::mutant_by_name(arguments[2]);
    if (!mutant) {
        fmt::print(stderr, "shunt-node-mutants: no mutant is called {}; see --list-mutants\n",
                   arguments[2]);
        return shunt::app::kExitSetup;
    }
    shunt::choose_mutant(*mutant);
    arguments.erase(arguments.begin() + 1, arguments.begin() + 3);
    return run(arguments);
}
