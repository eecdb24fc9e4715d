// SPDX-License-Identifier: Apache-2.0
// shunt-node-mutants: shunt-node with one seeded defect. --mutant NAME comes before the node's own
// options; --list-mutants prints them all as JSON lines.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"
#include "shunt/app/program.hh"
#include "shunt/base/mutant.hh"

namespace {

constexpr std::string_view kUsage =
    "usage: shunt-node-mutants --list-mutants\n"
    "       shunt-node-mutants --mutant NAME OPTIONS-OF-SHUNT-NODE..\n"
    "example: shunt-node-mutants --mutant ignores-checksum --config farm.toml --name s1 "
    "--front unix:s1.sock --back unix:s1.sock --time virtual\n";

void list_mutants() {
    for (const shunt::MutantText& text : shunt::all_mutants()) {
        fmt::print("{{\"name\":\"{}\",\"requirement\":\"{}\",\"needs\":\"{}\",\"text\":\"{}\"}}\n",
                   text.name, text.requirement, text.needs, text.sentence);
    }
}

}  // namespace

int main(int count, char** values) {
    namespace app = shunt::app;
    const std::string_view first = count > 1 ? values[1] : "";
    if (count == 2 && first == "--list-mutants") {
        list_mutants();
        return app::kExitOk;
    }
    if (count < 3 || first != "--mutant") {
        fmt::print(stderr, "{}", kUsage);
        return app::kExitSetup;
    }
    const auto mutant = shunt::mutant_by_name(values[2]);
    if (!mutant) {
        fmt::print(stderr, "shunt-node-mutants: no mutant is called {}; see --list-mutants\n",
                   values[2]);
        return app::kExitSetup;
    }
    shunt::choose_mutant(*mutant);
    // Its name takes the place of the program's.
    return app::run_program("shunt-node-mutants", count - 2, values + 2, app::parse_node_options,
                            app::run_node);
}
