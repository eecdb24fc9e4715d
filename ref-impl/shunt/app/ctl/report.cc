// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/report.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "shunt/app/base64.hh"
#include "shunt/app/ctl/text_table.hh"

namespace shunt::app::ctl {
namespace {

/// Columns and tables that are shown first, in this order; others follow by name.
constexpr std::array<std::string_view, 18> kFirst = {
    "temporary", "local",  "forward", "forward_connect", "connection",
    "handle",    "object", "class",   "server",          "id",
    "is_self",   "ip",     "port",    "protocol",        "state",
    "channel",   "epoch",  "peer"};

std::size_t rank(std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(kFirst, name) - kFirst.begin());
}

void sort_names(std::vector<std::string>& names) {
    std::ranges::sort(names, [](const std::string& a, const std::string& b) {
        return std::pair(rank(a), std::string_view(a)) < std::pair(rank(b), std::string_view(b));
    });
}

std::string cell_of(const Json& value) {
    if (value.is_string()) return printable(value.get<std::string>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_null()) return "-";
    if (value.is_array()) {
        std::string text;
        for (const Json& element : value)
            text += (text.empty() ? "" : " ") + cell_of(element);
        return text;
    }
    if (value.is_object()) {
        std::string text;
        for (const auto& [name, element] : value.items())
            text +=
                fmt::format("{}{} {}", text.empty() ? "" : ", ", printable(name), cell_of(element));
        return text;
    }
    return value.dump();
}

std::vector<std::string> names_in(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items())
        names.push_back(name);
    return names;
}

std::string rows_of(const Json& rows) {
    std::vector<std::string> columns;
    for (const Json& row : rows) {
        if (!row.is_object()) continue;
        for (std::string& name : names_in(row))
            if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
    sort_names(columns);
    std::vector<std::string> headings;
    headings.reserve(columns.size());
    for (const std::string& column : columns)
        headings.push_back(printable(column));
    TextTable table(headings);
    for (const Json& row : rows) {
        if (!row.is_object()) continue;
        std::vector<std::string> cells;
        cells.reserve(columns.size());
        for (const std::string& column : columns)
            cells.push_back(row.contains(column) ? cell_of(row[column]) : "");
        table.add(std::move(cells));
    }
    return table.to_string();
}

bool is_table(const Json& value) {
    return value.is_array() &&
           std::ranges::all_of(value, [](const Json& row) { return row.is_object(); });
}

/// "name  value" lines, and a section for each field that is a table.
std::string fields_of(const Json& object) {
    std::vector<std::string> names = names_in(object);
    sort_names(names);
    std::size_t width = 0;
    for (const std::string& name : names)
        if (!is_table(object[name])) width = std::max(width, printable(name).size());
    std::string text;
    std::string sections;
    for (const std::string& name : names) {
        const Json& value = object[name];
        if (!is_table(value)) {
            text += fmt::format("{:<{}}  {}\n", printable(name), width, cell_of(value));
        } else {
            const std::string gap = sections.empty() && text.empty() ? "" : "\n";
            sections += fmt::format("{}{} ({})\n", gap, printable(name), value.size());
            if (!value.empty()) sections += rows_of(value);
        }
    }
    return text + sections;
}

/// What an object has answered, as text.
std::string result_of_call(const Json& result) {
    const auto bytes = from_base64(result["bytes"].get<std::string>());
    if (!bytes) return cell_of(result) + '\n';
    return printable(std::string(bytes->begin(), bytes->end())) + '\n';
}

std::string counters_of(const Json& counters) {
    std::string text;
    std::size_t width = 0;
    for (const auto& [name, value] : counters.items())
        width = std::max(width, printable(name).size());
    for (const auto& [name, value] : counters.items())
        text += fmt::format("{:<{}}  {:>10}\n", printable(name), width, cell_of(value));
    return text.empty() ? "nothing has been counted\n" : text;
}

}  // namespace

Json filtered(std::string_view verb, const Json& result, std::string_view filter) {
    if (filter.empty() || !result.is_object() || (verb != "tables" && verb != "counters")) {
        return result;
    }
    Json kept = Json::object();
    for (const auto& [name, value] : result.items())
        if (std::string_view(name).starts_with(filter)) kept[name] = value;
    return kept;
}

std::string report(std::string_view verb, const Json& result, std::string_view filter) {
    const Json shown = filtered(verb, result, filter);
    if (!shown.is_object()) return cell_of(shown) + '\n';
    if (verb == "counters") return counters_of(shown);
    if (verb == "object" && shown.contains("bytes") && shown["bytes"].is_string())
        return result_of_call(shown);
    // One table needs no title: members, sessions.
    if (shown.size() == 1 && is_table(shown.front()) && verb != "tables")
        return shown.front().empty() ? "none\n" : rows_of(shown.front());
    return shown.empty() ? "none\n" : fields_of(shown);
}

std::string report_growth(const Json& before, const Json& now, std::string_view filter) {
    const Json shown = filtered("counters", now, filter);
    if (shown.empty()) return "nothing has been counted\n";
    TextTable table({"counter", "value", "growth"});
    for (const auto& [name, value] : shown.items()) {
        if (!value.is_number_unsigned()) continue;
        const auto count = value.get<std::uint64_t>();
        const auto known = before.find(name);
        const std::uint64_t earlier =
            known != before.end() && known->is_number_unsigned() ? known->get<std::uint64_t>() : 0;
        // A node that was restarted counts from nothing.
        const std::uint64_t growth = count >= earlier ? count - earlier : count;
        table.add({printable(name), std::to_string(count),
                   growth == 0 ? "" : fmt::format("+{}", growth)});
    }
    return table.to_string();
}

}  // namespace shunt::app::ctl
