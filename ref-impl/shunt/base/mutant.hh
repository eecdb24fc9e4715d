// SPDX-License-Identifier: Apache-2.0
// Seeded defects, by which the conformance suite is tested. Sources that include this are compiled
// twice: for the shipped node, where is_mutant() is false before the compiler looks, and for
// shunt-node-mutants, where --mutant chooses one. No header may call it: both programs share all
// other object files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace shunt {

enum class Mutant : std::uint16_t {
#define SHUNT_MUTANT(identifier, name, requirement, needs, sentence) identifier,
#include "shunt/base/mutants.def"
#undef SHUNT_MUTANT
};

#ifdef SHUNT_MUTANTS

struct MutantText {
    Mutant mutant;
    std::string_view name;
    std::string_view requirement;
    std::string_view needs;  // "ext", "control-channel", "base", or any farm
    std::string_view sentence;
};

std::span<const MutantText> all_mutants();
std::optional<Mutant> mutant_by_name(std::string_view name);
void choose_mutant(Mutant mutant);
bool is_mutant(Mutant mutant);

#else

constexpr bool is_mutant(Mutant) {
    return false;
}

#endif

}  // namespace shunt
