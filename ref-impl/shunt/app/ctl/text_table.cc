// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/text_table.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::app::ctl {
namespace {

constexpr std::string_view kGap = "  ";

bool is_number(const std::string& cell) {
    return !cell.empty() && std::ranges::all_of(cell, [](char character) {
        return (character >= '0' && character <= '9') || character == '.' || character == '+';
    });
}

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte >= 0x20 && byte < 0x7F) {
            result += character;
        } else {
            result += fmt::format("\\x{:02x}", byte);
        }
    }
    return result;
}

void TextTable::add(std::vector<std::string> cells) {
    SHUNT_ASSERT(cells.size() == headings_.size(), "a row has a cell for each heading");
    rows_.push_back(std::move(cells));
}

std::string TextTable::to_string() const {
    std::vector<std::size_t> widths;
    std::vector<bool> are_numbers;
    for (std::size_t column = 0; column < headings_.size(); ++column) {
        std::size_t width = headings_[column].size();
        bool has_numbers = !rows_.empty();
        for (const auto& row : rows_) {
            width = std::max(width, row[column].size());
            has_numbers = has_numbers && is_number(row[column]);
        }
        widths.push_back(width);
        are_numbers.push_back(has_numbers);
    }
    const auto line_of = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t column = 0; column < cells.size(); ++column) {
            if (column > 0) line += kGap;
            line += are_numbers[column] ? fmt::format("{:>{}}", cells[column], widths[column])
                                        : fmt::format("{:<{}}", cells[column], widths[column]);
        }
        return without_trailing_blanks(std::move(line)) + '\n';
    };
    std::string text = line_of(headings_);
    for (const auto& row : rows_)
        text += line_of(row);
    return text;
}

}  // namespace shunt::app::ctl
