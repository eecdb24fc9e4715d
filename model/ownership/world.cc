// SPDX-License-Identifier: Apache-2.0
#include "model/ownership/world.hh"

#include <array>

namespace model::ownership {
namespace {

struct RuleText {
    std::string_view name;
    std::string_view requirement;
};

constexpr std::array<RuleText, kRules> kRuleTexts{{
    {"copy-number", "EP-13, EP-14, EP-16, EP-31"},
    {"ask-before-delete", "EP-23"},
    {"returned-syn-keeps", "EP-32"},
    {"refused-returns", "EP-45"},
    {"go-only-unreleased", "EP-13"},
    {"refusal-only-migrating", "EP-14"},
    {"released-stays", "EP-17"},
    {"owner-waits", "EP-46"},
    {"mute-after-start", "EP-33"},
    {"resume-by-go", "EP-33"},
    {"stop-before-dead", "EP-33"},
    {"no-go-while-cut-off", "EP-33"},
    {"no-refusal-while-cut-off", "EP-33"},
    {"go-is-young", "EP-33, assumed of the network"},
}};

constexpr std::array<std::string_view, kFeatures> kFeatureNames{
    "refusals",  "closing",         "packets", "syns",
    "giving-up", "dropping-copies", "expiry",  "cutting-off"};

}  // namespace

std::string_view name_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).name;
}

std::string_view requirement_of(Rule rule) {
    return kRuleTexts.at(static_cast<std::size_t>(rule)).requirement;
}

std::string_view name_of(Feature feature) {
    return kFeatureNames.at(static_cast<std::size_t>(feature));
}

}  // namespace model::ownership
