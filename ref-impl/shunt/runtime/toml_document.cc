// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/toml_document.hh"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace shunt::runtime {
namespace {

TomlValue convert(const toml::node& node);

TomlArray convert_array(const toml::array& array) {
    TomlArray values;
    for (const toml::node& element : array)
        values.push_back(convert(element));
    return values;
}

TomlTable convert_table(const toml::table& table) {
    TomlTable values;
    for (const auto& [key, element] : table)
        values.emplace(std::string(key.str()), convert(element));
    return values;
}

TomlOther convert_other(const toml::node& node) {
    std::ostringstream text;
    if (const auto* number = node.as_floating_point()) text << number->get();
    if (node.is_date() || node.is_time() || node.is_date_time()) text << "a date or time";
    return {text.str()};
}

TomlValue convert(const toml::node& node) {
    TomlValue value;
    value.line = static_cast<int>(node.source().begin.line);
    if (const auto* boolean = node.as_boolean())
        value.content = boolean->get();
    else if (const auto* integer = node.as_integer())
        value.content = std::int64_t{integer->get()};
    else if (const auto* text = node.as_string())
        value.content = text->get();
    else if (const auto* array = node.as_array())
        value.content = convert_array(*array);
    else if (const auto* table = node.as_table())
        value.content = convert_table(*table);
    else
        value.content = convert_other(node);
    return value;
}

/// Finds the dots between the parts of a key: reads as much of the syntax (TOML 1.0) as tells them
/// from those of strings and comments. toml++, and what converts its tree, call themselves once
/// for each such dot; the depth of brackets toml++ bounds.
class KeyDots {
  public:
    static constexpr int kMax = 16;

    explicit KeyDots(std::string_view text) : rest_(text) {}

    /// The line of the first key with more dots than that; 0: none has.
    int find_deep_key() {
        int dots = 0;
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '"' || c == '\'') {
                skip_string(c);
                continue;
            }
            if (c == '#') {
                skip(rest_.find('\n'));
                continue;
            }
            if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
            if (c == '.' && ++dots > kMax) return line_;
            skip(1);
        }
        return 0;
    }

  private:
    void skip(std::size_t count) {
        const std::string_view skipped = rest_.substr(0, count);
        line_ += static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
        rest_.remove_prefix(skipped.size());
    }

    void skip_string(char quote) {
        const std::string three(3, quote);
        const bool is_long = rest_.starts_with(three);
        skip(is_long ? three.size() : 1);
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '\\' && quote == '"') {
                skip(2);
            } else if (!is_long && (c == quote || c == '\n')) {
                // The end of a line in it is for the parser to complain of.
                return skip(c == quote ? 1 : 0);
            } else if (is_long && rest_.starts_with(three)) {
                // Two quotes more can belong to the text.
                return skip(rest_.find_first_not_of(quote));
            } else {
                skip(1);
            }
        }
    }

    std::string_view rest_;
    int line_ = 1;
};

}  // namespace

Result<TomlValue, TomlSyntaxError> parse_toml(std::string_view text) {
    if (const int line = KeyDots(text).find_deep_key(); line != 0) {
        return Failure{TomlSyntaxError{
            line, fmt::format("expected a key with {} dots at most", KeyDots::kMax)}};
    }
    try {
        return convert(toml::parse(text));
    } catch (const toml::parse_error& error) {
        return Failure{TomlSyntaxError{static_cast<int>(error.source().begin.line),
                                       std::string(error.description())}};
    }
}

std::string describe(const TomlValue& value) {
    if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
    if (const auto* integer = value.as<std::int64_t>()) return fmt::format("{}", *integer);
    if (const auto* text = value.as<std::string>()) return fmt::format("\"{}\"", *text);
    if (const auto* other = value.as<TomlOther>()) return other->text;
    return value.as<TomlArray>() != nullptr ? "an array" : "a table";
}

}  // namespace shunt::runtime
