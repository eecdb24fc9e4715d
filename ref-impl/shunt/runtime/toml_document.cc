// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/toml_document.hh"

#include <fmt/format.h>
#include <toml++/toml.h>

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

}  // namespace

Result<TomlValue, TomlSyntaxError> parse_toml(std::string_view text) {
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
