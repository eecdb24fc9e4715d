// SPDX-License-Identifier: Apache-2.0
// The choice of one seeded defect; only shunt-node-mutants is linked with this.
#include "shunt/base/mutant.hh"

namespace shunt {
namespace {

constexpr MutantText kTexts[] = {
#define SHUNT_MUTANT(identifier, name, requirement, needs, sentence) \
    {Mutant::identifier, name, requirement, needs, sentence},
#include "shunt/base/mutants.def"
#undef SHUNT_MUTANT
};

std::optional<Mutant> chosen;

}  // namespace

std::span<const MutantText> all_mutants() {
    return kTexts;
}

std::optional<Mutant> mutant_by_name(std::string_view name) {
    for (const MutantText& text : kTexts) {
        if (text.name == name) return text.mutant;
    }
    return std::nullopt;
}

void choose_mutant(Mutant mutant) {
    chosen = mutant;
}

bool is_mutant(Mutant mutant) {
    return chosen == mutant;
}

}  // namespace shunt
