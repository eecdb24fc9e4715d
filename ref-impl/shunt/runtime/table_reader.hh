// SPDX-License-Identifier: Apache-2.0
// Reads the keys of one TOML table into typed values and collects complaints: wrong types and
// ranges, missing keys, and keys that nobody asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/runtime/toml_document.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::runtime {

/// Complaints about one file, each "file:line: place: what was expected".
class Complaints {
  public:
    explicit Complaints(std::string file) : file_(std::move(file)) {}

    void add(int line, std::string_view place, std::string_view text);
    const std::vector<std::string>& texts() const { return texts_; }
    bool empty() const { return texts_.empty(); }

    /// Remembers where a place like "server[0].front_ip" stands.
    void locate(const std::string& place, int line) { lines_[place] = line; }
    /// Its line, or that of the nearest thing around it.
    int line_of(std::string_view place) const;
    std::string format(int line, std::string_view place, std::string_view text) const;

  private:
    std::string file_;
    std::vector<std::string> texts_;
    std::map<std::string, int, std::less<>> lines_;
};

class TableReader {
  public:
    /// A value that is no table is a complaint, and the reader then finds no key in it.
    TableReader(const TomlValue& value, std::string place, Complaints& complaints);

    /// Each reads one key. Absent: nothing, or where `required`, a complaint. Wrong: a complaint
    /// and nothing.
    std::optional<bool> boolean(std::string_view key);
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most,
                                        bool required = false);
    std::optional<std::string> text(std::string_view key, bool required = false);
    std::vector<std::string> texts(std::string_view key);
    std::optional<Duration> milliseconds(std::string_view key);
    std::optional<std::vector<Duration>> milliseconds_list(std::string_view key);
    /// Index of the text in `choices`.
    std::optional<std::size_t> choice(std::string_view key,
                                      const std::vector<std::string_view>& choices);
    std::optional<wire::MacAddress> mac_address(std::string_view key);
    std::optional<wire::Ipv4Address> address(std::string_view key);
    std::vector<wire::Ipv4Address> addresses(std::string_view key, bool required = false);

    struct PrefixedAddress {
        wire::Ipv4Address address;
        std::optional<std::uint8_t> prefix_length;
    };
    std::optional<PrefixedAddress> prefixed_address(std::string_view key);

    /// The element tables of `[[key]]`, with the place of each; a table for `[key]`.
    struct Placed {
        const TomlValue* value;
        std::string place;
    };
    std::vector<Placed> tables(std::string_view key);
    std::optional<Placed> table(std::string_view key);

    /// Complains about every key that was not read.
    void finish();

  private:
    const TomlValue* find(std::string_view key);
    const TomlValue* require(std::string_view key, std::string_view expected);
    const TomlValue* find(std::string_view key, bool required, std::string_view expected);
    void expected(const TomlValue& value, std::string_view key, std::string_view what);
    std::string place_of(std::string_view key) const;

    TomlTable empty_;
    const TomlTable* table_;
    int line_;
    std::string place_;
    Complaints& complaints_;
    std::vector<std::string_view> known_;
};

}  // namespace shunt::runtime
