// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/command_line.hh"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <utility>

#include "shunt/app/version.hh"

namespace shunt::app {

namespace po = boost::program_options;

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<std::string> GivenOptions::text(const char* option) const {
    if (!has(option)) return std::nullopt;
    auto value = given_[option].as<std::string>();
    if (value.empty()) throw WrongOption{fmt::format("--{}: expected a value", option)};
    return value;
}

std::string GivenOptions::required_text(const char* option, std::string_view what) const {
    auto value = text(option);
    if (!value) throw WrongOption{fmt::format("--{} is missing: {}", option, what)};
    return std::move(*value);
}

std::optional<std::uint64_t> GivenOptions::number(const char* option, std::uint64_t least,
                                                  std::uint64_t most) const {
    const auto value = text(option);
    if (!value) return std::nullopt;
    const auto number = to_number(*value);
    if (number && *number >= least && *number <= most) return number;
    const bool is_unbounded = most == std::numeric_limits<std::uint64_t>::max();
    throw WrongOption{fmt::format("--{}: expected a number from {} to {}, got \"{}\"", option,
                                  least, is_unbounded ? "2^64-1" : std::to_string(most), *value)};
}

std::variant<GivenOptions, TextWanted, UsageError> read_command_line(
    const CommandLine& about, const std::vector<std::string>& arguments) {
    // No guessing: an abbreviation that is clear today is another option tomorrow.
    constexpr int exact =
        po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::options_description options = about.options;
    options.add_options()("help,h", "this text")("version", "the version");
    try {
        po::variables_map values;
        po::store(
            po::command_line_parser(arguments).options(options).positional({}).style(exact).run(),
            values);
        GivenOptions given(std::move(values));
        if (given.has("help")) {
            std::ostringstream text;
            text << about.introduction << options << about.epilogue;
            return TextWanted{text.str()};
        }
        if (given.has("version"))
            return TextWanted{fmt::format("{} {}\n", about.program, kVersion)};
        return given;
    } catch (const po::error& error) {
        return UsageError{error.what()};
    }
}

}  // namespace shunt::app
