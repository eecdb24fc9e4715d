// SPDX-License-Identifier: Apache-2.0
// What the command lines of all programs have in common: long options that are never guessed,
// --help, --version, values that are checked, and one sentence about what is wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/program_options.hpp>

#include "shunt/app/parsed_options.hh"

namespace shunt::app {

/// What a program says about itself.
struct CommandLine {
    std::string_view program;
    std::string_view introduction;  // before the options in --help
    boost::program_options::options_description options;
    std::string epilogue;  // behind them
};

/// An option with a value, which is read as a text.
inline boost::program_options::typed_value<std::string>* option_value(const char* name) {
    return boost::program_options::value<std::string>()->value_name(name);
}

/// Thrown by readers of options and caught by parse_command_line(): the first thing that is wrong
/// ends the parsing.
struct WrongOption {
    std::string text;
};

/// The options that were given. What cannot be read is thrown as a WrongOption.
class GivenOptions {
  public:
    explicit GivenOptions(boost::program_options::variables_map given) : given_(std::move(given)) {}

    bool has(const char* option) const { return given_.count(option) != 0; }
    /// An empty one is wrong.
    std::optional<std::string> text(const char* option) const;
    /// An empty one is like none.
    std::string text_or_empty(const char* option) const {
        return has(option) ? given_[option].as<std::string>() : std::string();
    }
    /// `what` says what it would be.
    std::string required_text(const char* option, std::string_view what) const;
    /// From `least` to `most`.
    std::optional<std::uint64_t> number(
        const char* option, std::uint64_t least = 0,
        std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;

  private:
    boost::program_options::variables_map given_;
};

/// The whole text is a number.
std::optional<std::uint64_t> to_number(std::string_view text);

/// What was given, or that --help or --version was, or why nothing can be read.
std::variant<GivenOptions, TextWanted, UsageError> read_command_line(
    const CommandLine& about, const std::vector<std::string>& arguments);

/// The same, and `read` makes options of them.
template <typename Options>
ParsedOptions<Options> parse_command_line(const CommandLine& about,
                                          const std::vector<std::string>& arguments,
                                          Options (*read)(const GivenOptions&)) {
    auto parsed = read_command_line(about, arguments);
    if (auto* wanted = std::get_if<TextWanted>(&parsed)) return std::move(*wanted);
    if (auto* error = std::get_if<UsageError>(&parsed)) return std::move(*error);
    try {
        return read(std::get<GivenOptions>(parsed));
    } catch (const WrongOption& wrong) {
        return UsageError{wrong.text};
    }
}

}  // namespace shunt::app
