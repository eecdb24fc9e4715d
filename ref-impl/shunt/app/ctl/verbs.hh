// SPDX-License-Identifier: Apache-2.0
// The subcommands of shuntctl: a verb of the control socket each, with what a person needs to know.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace shunt::app::ctl {

struct Verb {
    std::string_view name;
    std::string_view arguments;  // as in "CONNECTION SERVER", options included
    std::string_view summary;    // one line
    std::string_view details;    // the rest of its help, examples last
    std::size_t words_min = 0;   // arguments that are no options
    std::size_t words_max = 0;
    /// Of the long options that not every verb takes, those that this one does, each between
    /// blanks.
    std::string_view options;
};

std::span<const Verb> verbs();
/// Null if there is none of that name.
const Verb* find_verb(std::string_view name);

/// What `shuntctl --help` and `shuntctl VERB --help` print.
std::string overview();
std::string help_of(const Verb& verb);

}  // namespace shunt::app::ctl
