// SPDX-License-Identifier: Apache-2.0
#include "cases/reasons.hh"

#include <algorithm>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "engine/selector.hh"

namespace conform {
namespace {

std::vector<Reason> read() {
    const toml::table file = toml::parse(kReasonsToml);
    std::vector<Reason> reasons;
    for (const toml::node& node : *file["reason"].as_array()) {
        const toml::table& table = *node.as_table();
        Reason reason{
            table["name"].value_or(std::string()), table["text"].value_or(std::string()), {}};
        for (const toml::node& selector : *table["cases"].as_array())
            reason.cases.push_back(selector.value_or(std::string()));
        reasons.push_back(std::move(reason));
    }
    return reasons;
}

}  // namespace

const std::vector<Reason>& all_reasons() {
    static const std::vector<Reason> kReasons = read();
    return kReasons;
}

const Reason* reason_of(std::string_view id) {
    const std::vector<Reason>& all = all_reasons();
    const auto found = std::find_if(all.begin(), all.end(), [id](const Reason& reason) {
        return Selection(reason.cases).matches(id);
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace conform
