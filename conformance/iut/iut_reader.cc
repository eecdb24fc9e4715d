// SPDX-License-Identifier: Apache-2.0
#include "iut/iut_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "engine/suggestion.hh"
#include "iut/iut_file.hh"
#include "iut/iut_text.hh"

namespace conform {
namespace {

bool is_control(char c) {
    return (c >= 0 && c < ' ') || c == 127;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_control);
}

/// On one line, and harmless to a terminal: a quoted key can hold anything.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text)
        result +=
            is_control(c) ? fmt::format("\\u{:04X}", static_cast<unsigned>(c)) : std::string(1, c);
    return result;
}

std::string show(const toml::node& node) {
    std::ostringstream out;
    node.visit([&out](const auto& value) { out << value; });
    constexpr std::size_t kShownMax = 200;
    const std::string text = out.str();
    return escaped(text.substr(0, kShownMax)) + (text.size() > kShownMax ? ".." : "");
}

bool is_of_a_host(Ipv4Address address) {
    constexpr std::uint32_t kLoopback = 127;
    constexpr std::uint32_t kMulticast = 224;  // and above it what is reserved, and broadcast
    const std::uint32_t first = address.value >> 24U;
    return first != 0 && first != kLoopback && first < kMulticast;
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& name) {
    if (const int line = line_of_deep_key(text); line != 0) {
        throw IutFileError(fmt::format("{}:{}: expected a key with 16 dots at most", name, line));
    }
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        throw IutFileError(
            fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
}

std::string IutReader::full_key(std::string_view key) const {
    return path_.empty() ? escaped(key) : fmt::format("{}.{}", path_, escaped(key));
}

void IutReader::fail(const char* key, const std::string& expected,
                     const std::string& suggestion) const {
    const toml::node* node = table_.get(key);
    const auto line = (node != nullptr ? *node : table_).source().begin.line;
    throw IutFileError(fmt::format("{}:{}: {}: expected {}, got {}{}", file_, line, full_key(key),
                                   expected, node != nullptr ? show(*node) : "nothing",
                                   suggestion));
}

const toml::node* IutReader::find(const char* key) {
    asked_.emplace_back(key);
    return table_.get(key);
}

const toml::node& IutReader::require(const char* key, const char* expected) {
    const toml::node* node = find(key);
    if (node == nullptr) fail(key, expected);
    return *node;
}

std::optional<IutReader> IutReader::table(const char* key, bool is_required) {
    const toml::node* node = find(key);
    if (node == nullptr && !is_required) return std::nullopt;
    if (node == nullptr || !node->is_table()) fail(key, "a table");
    return IutReader(*node->as_table(), file_, full_key(key));
}

std::vector<IutReader> IutReader::tables(const char* key) {
    const toml::node& node = require(key, "one table or more");
    const toml::array* array = node.as_array();
    if (array == nullptr || array->empty()) fail(key, "one table or more");
    std::vector<IutReader> readers;
    for (const toml::node& element : *array) {
        if (!element.is_table()) fail(key, "one table or more");
        readers.emplace_back(*element.as_table(), file_,
                             fmt::format("{}[{}]", full_key(key), readers.size()));
    }
    return readers;
}

std::string IutReader::text(const char* key) {
    const auto value = require(key, "a text").value<std::string>();
    if (!value) fail(key, "a text");
    if (has_control(*value)) fail(key, "a text without control characters");
    return *value;
}

std::string IutReader::text(const char* key, const std::string& otherwise) {
    return table_.contains(key) ? text(key) : (find(key), otherwise);
}

std::vector<std::string> IutReader::texts(const char* key) {
    const toml::array* array = require(key, "a list of texts").as_array();
    if (array == nullptr) fail(key, "a list of texts");
    std::vector<std::string> values;
    for (const toml::node& element : *array) {
        const auto value = element.value<std::string>();
        if (!value || has_control(*value)) fail(key, "a list of texts");
        values.push_back(*value);
    }
    return values;
}

std::int64_t IutReader::number(const char* key, std::int64_t low, std::int64_t high,
                               std::int64_t otherwise) {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    const toml::value<std::int64_t>* value = node->as_integer();
    if (value == nullptr || value->get() < low || value->get() > high) {
        fail(key, fmt::format("a number from {} to {}", low, high));
    }
    return value->get();
}

Duration IutReader::milliseconds(const char* key, std::int64_t low, Duration otherwise) {
    constexpr std::int64_t kHour = 3'600'000;
    return std::chrono::milliseconds(number(key, low, kHour, milliseconds_of(otherwise)));
}

Ipv4Address IutReader::to_address(const char* key, const std::string& text) const {
    const std::optional<Ipv4Address> address = Ipv4Address::from_string(text);
    if (!address) fail(key, "IPv4 addresses such as 10.7.0.9");
    if (!is_of_a_host(*address)) fail(key, "IPv4 addresses that a host can have");
    return *address;
}

Ipv4Address IutReader::address(const char* key) {
    return to_address(key, text(key));
}

std::vector<Ipv4Address> IutReader::addresses(const char* key) {
    std::vector<Ipv4Address> values;
    for (const std::string& each : texts(key))
        values.push_back(to_address(key, each));
    if (values.empty()) fail(key, "at least one IPv4 address");
    return values;
}

MacAddress IutReader::mac(const char* key) {
    const std::optional<MacAddress> value = MacAddress::from_string(text(key));
    if (!value) fail(key, "a MAC address such as 02:07:00:00:00:01");
    const bool is_group = (value->octets[0] & 1U) != 0;
    if (is_group || *value == MacAddress{}) fail(key, "the MAC address of one station");
    return *value;
}

Date IutReader::date(const char* key) {
    const toml::value<toml::date>* value = require(key, "a day such as 2027-01-31").as_date();
    std::optional<Date> date;
    if (value != nullptr) date = Date::of(value->get().year, value->get().month, value->get().day);
    if (!date) fail(key, "a day such as 2027-01-31, without quotes");
    return *date;
}

std::vector<std::string> IutReader::choices(const char* key,
                                            const std::vector<std::string_view>& known) {
    std::vector<std::string> values = texts(key);
    for (const std::string& value : values) {
        if (std::find(known.begin(), known.end(), value) != known.end()) continue;
        fail(key, fmt::format("some of {}", fmt::join(known, ", ")),
             did_you_mean(value, {known.begin(), known.end()}));
    }
    return values;
}

void IutReader::refuse_others() const {
    for (const auto& [key, node] : table_) {
        const std::string_view name = key.str();
        if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
        throw IutFileError(fmt::format("{}:{}: {}: unknown key, expected one of {}{}", file_,
                                       node.source().begin.line, full_key(name),
                                       fmt::join(asked_, ", "), did_you_mean(name, asked_)));
    }
}

}  // namespace conform
