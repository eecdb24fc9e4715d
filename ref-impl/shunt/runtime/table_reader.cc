// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/table_reader.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "shunt/runtime/suggestion.hh"

namespace shunt::runtime {
namespace {

constexpr std::string_view kAnAddress = "an IPv4 address such as \"10.7.1.1\"";
constexpr std::string_view kAPrefixedAddress = "an IPv4 address such as \"10.7.0.101/16\"";
constexpr std::string_view kAMac = "a MAC address such as \"02:07:00:00:00:01\"";
constexpr std::int64_t kMillisecondsMax = 7LL * 24 * 60 * 60 * 1'000;
constexpr std::string_view kTime = "milliseconds, a whole number from 0 to 604800000";

std::optional<std::uint8_t> parse_prefix_length(std::string_view text) {
    std::uint8_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size() || length > 32)
        return std::nullopt;
    return length;
}

bool is_milliseconds(const std::int64_t* number) {
    return number != nullptr && *number >= 0 && *number <= kMillisecondsMax;
}

}  // namespace

void Complaints::add(int line, std::string_view place, std::string_view text) {
    texts_.push_back(format(line, place, text));
}

std::string Complaints::format(int line, std::string_view place, std::string_view text) const {
    if (place.empty()) return fmt::format("{}:{}: {}", file_, line, text);
    return fmt::format("{}:{}: {}: {}", file_, line, place, text);
}

int Complaints::line_of(std::string_view place) const {
    while (true) {
        const auto found = lines_.find(place);
        if (found != lines_.end()) return found->second;
        const std::size_t cut = place.find_last_of(".[");
        if (cut == std::string_view::npos) return 1;
        place = place.substr(0, cut);
    }
}

TableReader::TableReader(const TomlValue& value, std::string place, Complaints& complaints)
    : table_(value.as<TomlTable>()),
      line_(value.line),
      place_(std::move(place)),
      complaints_(complaints) {
    if (!place_.empty()) complaints_.locate(place_, line_);
    if (table_ != nullptr) return;
    complaints_.add(line_, place_, fmt::format("expected a table, got {}", describe(value)));
    table_ = &empty_;
}

std::string TableReader::place_of(std::string_view key) const {
    return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
}

const TomlValue* TableReader::find(std::string_view key) {
    known_.push_back(key);
    const auto found = table_->find(key);
    if (found == table_->end()) return nullptr;
    complaints_.locate(place_of(key), found->second.line);
    return &found->second;
}

const TomlValue* TableReader::require(std::string_view key, std::string_view what) {
    const TomlValue* value = find(key);
    if (value == nullptr && table_ != &empty_)
        complaints_.add(line_, place_, fmt::format("missing key \"{}\": expected {}", key, what));
    return value;
}

const TomlValue* TableReader::find(std::string_view key, bool required, std::string_view what) {
    return required ? require(key, what) : find(key);
}

void TableReader::expected(const TomlValue& value, std::string_view key, std::string_view what) {
    complaints_.add(value.line, place_of(key),
                    fmt::format("expected {}, got {}", what, describe(value)));
}

std::optional<bool> TableReader::boolean(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const bool* content = value->as<bool>()) return *content;
    expected(*value, key, "true or false");
    return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most, bool required) {
    const std::string what = fmt::format("a whole number from {} to {}", least, most);
    const TomlValue* value = find(key, required, what);
    if (value == nullptr) return std::nullopt;
    const auto* number = value->as<std::int64_t>();
    if (number != nullptr && *number >= least && *number <= most) return *number;
    expected(*value, key, what);
    return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key, bool required) {
    const TomlValue* value = find(key, required, "a text in quotes");
    if (value == nullptr) return std::nullopt;
    const auto* content = value->as<std::string>();
    if (content != nullptr && !content->empty()) return *content;
    expected(*value, key, "a text in quotes");
    return std::nullopt;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
    constexpr std::string_view what = "an array of texts in quotes";
    const TomlValue* value = require(key, what);
    std::vector<std::string> result;
    if (value == nullptr) return result;
    const auto* array = value->as<TomlArray>();
    if (array == nullptr) {
        expected(*value, key, what);
        return result;
    }
    for (const TomlValue& element : *array) {
        const auto* content = element.as<std::string>();
        if (content == nullptr)
            expected(element, key, what);
        else
            result.push_back(*content);
    }
    return result;
}

std::optional<Duration> TableReader::milliseconds(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* number = value->as<std::int64_t>();
    if (is_milliseconds(number)) return Duration::milliseconds(*number);
    expected(*value, key, kTime);
    return std::nullopt;
}

std::optional<std::vector<Duration>> TableReader::milliseconds_list(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* array = value->as<TomlArray>();
    if (array == nullptr) {
        expected(*value, key, fmt::format("an array of {}", kTime));
        return std::nullopt;
    }
    std::vector<Duration> durations;
    for (const TomlValue& element : *array) {
        const auto* number = element.as<std::int64_t>();
        if (is_milliseconds(number))
            durations.push_back(Duration::milliseconds(*number));
        else
            expected(element, key, kTime);
    }
    return durations;
}

std::optional<std::size_t> TableReader::choice(std::string_view key,
                                               const std::vector<std::string_view>& choices) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* content = value->as<std::string>()) {
        const auto found = std::find(choices.begin(), choices.end(), *content);
        if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    }
    expected(*value, key, fmt::format("one of \"{}\"", fmt::join(choices, "\", \"")));
    return std::nullopt;
}

std::optional<wire::MacAddress> TableReader::mac_address(std::string_view key) {
    const TomlValue* value = require(key, kAMac);
    if (value == nullptr) return std::nullopt;
    if (const auto* content = value->as<std::string>()) {
        if (const auto mac = wire::MacAddress::from_string(*content)) return mac;
    }
    expected(*value, key, kAMac);
    return std::nullopt;
}

std::optional<wire::Ipv4Address> TableReader::address(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* content = value->as<std::string>()) {
        if (const auto parsed = wire::Ipv4Address::from_string(*content)) return parsed;
    }
    expected(*value, key, kAnAddress);
    return std::nullopt;
}

std::vector<wire::Ipv4Address> TableReader::addresses(std::string_view key, bool required) {
    constexpr std::string_view what = "an array of addresses such as [\"10.7.1.1\"]";
    const TomlValue* value = find(key, required, what);
    std::vector<wire::Ipv4Address> result;
    if (value == nullptr) return result;
    const auto* array = value->as<TomlArray>();
    if (array == nullptr) {
        expected(*value, key, what);
        return result;
    }
    for (const TomlValue& element : *array) {
        const auto* content = element.as<std::string>();
        const auto parsed = wire::Ipv4Address::from_string(content != nullptr ? *content : "");
        if (parsed)
            result.push_back(*parsed);
        else
            expected(element, key, kAnAddress);
    }
    return result;
}

std::optional<TableReader::PrefixedAddress> TableReader::prefixed_address(std::string_view key) {
    const TomlValue* value = require(key, kAPrefixedAddress);
    if (value == nullptr) return std::nullopt;
    if (const auto* content = value->as<std::string>()) {
        const std::size_t slash = content->find('/');
        const std::string_view whole = *content;
        PrefixedAddress result;
        if (slash != std::string::npos)
            result.prefix_length = parse_prefix_length(whole.substr(slash + 1));
        const auto parsed = wire::Ipv4Address::from_string(whole.substr(0, slash));
        if (parsed && (slash == std::string::npos || result.prefix_length)) {
            result.address = *parsed;
            return result;
        }
    }
    expected(*value, key, kAPrefixedAddress);
    return std::nullopt;
}

std::vector<TableReader::Placed> TableReader::tables(std::string_view key) {
    const TomlValue* value = find(key);
    std::vector<Placed> result;
    if (value == nullptr) return result;
    const auto* array = value->as<TomlArray>();
    if (array == nullptr) {
        expected(*value, key, fmt::format("tables, each under [[{}]]", key));
        return result;
    }
    for (std::size_t index = 0; index < array->size(); ++index)
        result.push_back({&(*array)[index], fmt::format("{}[{}]", place_of(key), index)});
    return result;
}

std::optional<TableReader::Placed> TableReader::table(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    return Placed{value, place_of(key)};
}

void TableReader::finish() {
    for (const auto& [key, value] : *table_) {
        if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
        const std::string_view meant = nearest(key, known_);
        const std::string help = meant.empty()
                                     ? fmt::format("known here: {}", fmt::join(known_, ", "))
                                     : fmt::format("did you mean \"{}\"?", meant);
        complaints_.add(value.line, place_of(key), fmt::format("unknown key; {}", help));
    }
}

}  // namespace shunt::runtime
