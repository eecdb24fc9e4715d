// SPDX-License-Identifier: Apache-2.0
// The choice of one neutral variant; only shunt-node-mutants is linked with this.
#include "shunt/base/variant.hh"

namespace shunt {
namespace {

constexpr VariantText kTexts[] = {
#define SHUNT_VARIANT(identifier, name, sentence) {Variant::identifier, name, sentence},
#include "shunt/base/variants.def"
#undef SHUNT_VARIANT
};

std::optional<Variant> chosen;

}  // namespace

std::span<const VariantText> all_variants() {
    return kTexts;
}

std::optional<Variant> variant_by_name(std::string_view name) {
    for (const VariantText& text : kTexts) {
        if (text.name == name) return text.variant;
    }
    return std::nullopt;
}

void choose_variant(Variant variant) {
    chosen = variant;
}

bool is_variant(Variant variant) {
    return chosen == variant;
}

}  // namespace shunt
