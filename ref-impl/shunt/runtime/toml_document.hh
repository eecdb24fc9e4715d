// SPDX-License-Identifier: Apache-2.0
// A TOML file as plain values that know their line, so that the parser's headers stay in one
// source file and every complaint can say where.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shunt/base/result.hh"

namespace shunt::runtime {

struct TomlValue;
using TomlArray = std::vector<TomlValue>;
using TomlTable = std::map<std::string, TomlValue, std::less<>>;

/// A value that farm.toml has no use for (a float, a date): named for the complaint.
struct TomlOther {
    std::string text;
};

struct TomlValue {
    int line = 0;
    std::variant<bool, std::int64_t, std::string, TomlOther, TomlArray, TomlTable> content;

    template <typename Content>
    const Content* as() const {
        return std::get_if<Content>(&content);
    }
};

struct TomlSyntaxError {
    int line = 0;
    std::string text;
};

/// The root table, or the first fault of the syntax.
Result<TomlValue, TomlSyntaxError> parse_toml(std::string_view text);

/// The value as it is quoted in a complaint: "foo" in quotes, 7, true, a table, an array.
std::string describe(const TomlValue& value);

}  // namespace shunt::runtime
