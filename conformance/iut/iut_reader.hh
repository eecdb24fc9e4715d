// SPDX-License-Identifier: Apache-2.0
/// One table of iut.toml while it is read: every key is asked for by name and type; what was not
/// asked for is an error with a suggestion, so that a misspelt key never passes for a default.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "engine/date.hh"
#include "engine/time.hh"
#include "pdu/address.hh"

namespace conform {

/// What a parser makes of `text`; throws IutFileError with `name` and the line.
toml::table parse_toml(std::string_view text, const std::string& name);

class IutReader {
  public:
    /// `file` for messages; `path` is the table's own key, empty for the whole file.
    IutReader(const toml::table& table, std::string file, std::string path)
        : table_(table), file_(std::move(file)), path_(std::move(path)) {}

    /// Whether the file has this key, which is then no unknown one.
    bool has(const char* key) { return find(key) != nullptr; }
    /// A table below this one; throws IutFileError if it is missing and `is_required`.
    std::optional<IutReader> table(const char* key, bool is_required);
    /// The tables of an array of tables; throws if there is none.
    std::vector<IutReader> tables(const char* key);

    /// Without control characters, as are those of a list.
    std::string text(const char* key);
    std::string text(const char* key, const std::string& otherwise);
    std::vector<std::string> texts(const char* key);
    std::int64_t number(const char* key, std::int64_t low, std::int64_t high,
                        std::int64_t otherwise);
    /// From `low` milliseconds to an hour.
    Duration milliseconds(const char* key, std::int64_t low, Duration otherwise);
    /// What a host can have: not that of no host, of many, or of this one.
    Ipv4Address address(const char* key);
    std::vector<Ipv4Address> addresses(const char* key);
    /// Of one station.
    MacAddress mac(const char* key);

    /// Written as TOML writes a day: 2027-01-31.
    Date date(const char* key);
    /// The line that the table begins at.
    std::uint32_t line() const { return table_.source().begin.line; }

    /// Each of `texts(key)` must be one of `known`.
    std::vector<std::string> choices(const char* key, const std::vector<std::string_view>& known);

    /// Throws for the first key that nobody has asked for.
    void refuse_others() const;

    /// Throws "FILE:LINE: KEY: expected EXPECTED, got ACTUAL".
    [[noreturn]] void fail(const char* key, const std::string& expected,
                           const std::string& suggestion = {}) const;

    /// "ixit.addresses.front_mac"; control characters as \u001B.
    std::string full_key(std::string_view key) const;

  private:
    const toml::node* find(const char* key);
    const toml::node& require(const char* key, const char* expected);
    Ipv4Address to_address(const char* key, const std::string& text) const;

    const toml::table& table_;
    std::string file_;
    std::string path_;
    std::vector<std::string> asked_;
};

}  // namespace conform
