// SPDX-License-Identifier: Apache-2.0
/// The kind of farm that a case or a mutant is about.
#pragma once

#include <algorithm>
#include <string_view>

#include "iut/iut.hh"

namespace conform {

/// `needs` has this word; blanks stand between its words.
inline bool needs_word(std::string_view needs, std::string_view word) {
    while (!needs.empty()) {
        const std::string_view first = needs.substr(0, needs.find(' '));
        if (first == word) return true;
        needs.remove_prefix(std::min(first.size() + 1, needs.size()));
    }
    return false;
}

/// What the statement does not claim of `needs`, the first of its words that it lacks: options of
/// the statement (iut-toml page), or "base" for a farm without extensions. Empty: it claims all.
inline std::string_view missing_of_kind(const Statement& statement, std::string_view needs) {
    while (!needs.empty()) {
        const std::string_view word = needs.substr(0, needs.find(' '));
        const bool is_claimed =
            word == "base" ? !statement.has_option("ext") : statement.has_option(word);
        if (!is_claimed) return word;
        needs.remove_prefix(std::min(word.size() + 1, needs.size()));
    }
    return {};
}

/// The device's farm is of the kind.
inline bool is_farm_of_kind(const Statement& statement, std::string_view needs) {
    return missing_of_kind(statement, needs).empty();
}

}  // namespace conform
