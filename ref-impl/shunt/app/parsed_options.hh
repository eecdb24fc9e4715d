// SPDX-License-Identifier: Apache-2.0
// What comes of a command line.
#pragma once

#include <string>
#include <variant>

namespace shunt::app {

/// The user wants a text instead: --help, --version.
struct TextWanted {
    std::string text;
};
/// What is wrong with the command line.
struct UsageError {
    std::string text;
};

template <typename Options>
using ParsedOptions = std::variant<Options, TextWanted, UsageError>;

}  // namespace shunt::app
