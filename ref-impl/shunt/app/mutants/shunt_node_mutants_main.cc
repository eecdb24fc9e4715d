// SPDX-License-Identifier: Apache-2.0
// shunt-node-mutants: shunt-node with one seeded defect, or as one neutral variant of itself. The
// choice comes before the node's own options; the lists are JSON lines.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "shunt/app/mutants/disguise.hh"
#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"
#include "shunt/app/program.hh"
#include "shunt/base/mutant.hh"
#include "shunt/base/variant.hh"

namespace {

constexpr std::string_view kUsage =
    "usage: shunt-node-mutants --list-mutants | --list-variants\n"
    "       shunt-node-mutants --mutant NAME OPTIONS-OF-SHUNT-NODE..\n"
    "       shunt-node-mutants --variant NAME OPTIONS-OF-SHUNT-NODE..   (--time virtual)\n"
    "example: shunt-node-mutants --mutant ignores-checksum --config farm.toml --name s1 "
    "--front unix:s1.sock --back unix:s1.sock --time virtual\n";

void list_mutants() {
    for (const shunt::MutantText& text : shunt::all_mutants()) {
        fmt::print("{{\"name\":\"{}\",\"requirement\":\"{}\",\"needs\":\"{}\",\"text\":\"{}\"}}\n",
                   text.name, text.requirement, text.needs, text.sentence);
    }
}

void list_variants() {
    for (const shunt::VariantText& text : shunt::all_variants())
        fmt::print("{{\"name\":\"{}\",\"text\":\"{}\"}}\n", text.name, text.sentence);
}

int complain_of_name(std::string_view kind, std::string_view name) {
    fmt::print(stderr, "shunt-node-mutants: no {} is called {}; see --list-{}s\n", kind, name,
               kind);
    return shunt::app::kExitSetup;
}

/// The name of what was chosen takes the place of the program's.
int run(int count, char** values, const shunt::app::Disguising& disguising) {
    namespace app = shunt::app;
    return app::run_program("shunt-node-mutants", count - 2, values + 2, app::parse_node_options,
                            [&disguising](const app::NodeOptions& options) {
                                return app::run_node(options, disguising);
                            });
}

int run_variant(int count, char** values) {
    namespace app = shunt::app;
    const auto variant = shunt::variant_by_name(values[2]);
    if (!variant) return complain_of_name("variant", values[2]);
    shunt::choose_variant(*variant);
    return run(count, values, [&variant](app::VirtualDevice& node, shunt::PacketPool& pool) {
        return std::make_unique<app::Disguise>(*variant, node, pool);
    });
}

int run_mutant(int count, char** values) {
    const auto mutant = shunt::mutant_by_name(values[2]);
    if (!mutant) return complain_of_name("mutant", values[2]);
    shunt::choose_mutant(*mutant);
    return run(count, values, {});
}

}  // namespace

int main(int count, char** values) {
    namespace app = shunt::app;
    const std::string_view first = count > 1 ? values[1] : "";
    if (count == 2 && first == "--list-mutants") {
        list_mutants();
        return app::kExitOk;
    }
    if (count == 2 && first == "--list-variants") {
        list_variants();
        return app::kExitOk;
    }
    if (count >= 3 && first == "--mutant") return run_mutant(count, values);
    if (count >= 3 && first == "--variant") return run_variant(count, values);
    fmt::print(stderr, "{}", kUsage);
    return app::kExitSetup;
}
