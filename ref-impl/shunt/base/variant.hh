// SPDX-License-Identifier: Apache-2.0
// Differences that no requirement forbids, by which the conformance suite is tested: it must not
// mind them. Like base/mutant.hh: sources that include this are compiled twice, and no header may
// call is_variant().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace shunt {

enum class Variant : std::uint8_t {
#define SHUNT_VARIANT(identifier, name, sentence) identifier,
#include "shunt/base/variants.def"
#undef SHUNT_VARIANT
};

#ifdef SHUNT_MUTANTS

struct VariantText {
    Variant variant;
    std::string_view name;
    std::string_view sentence;
};

std::span<const VariantText> all_variants();
std::optional<Variant> variant_by_name(std::string_view name);
void choose_variant(Variant variant);
bool is_variant(Variant variant);

#else

constexpr bool is_variant(Variant) {
    return false;
}

#endif

}  // namespace shunt
