// SPDX-License-Identifier: Apache-2.0
// Rows and columns for a person's terminal: aligned, and without anything that would move its
// cursor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shunt::app::ctl {

/// Every character that is not printable, of the upper half too, becomes \xNN: names come from
/// farm.toml, and what a node says need not be a node's.
std::string printable(std::string_view text);

class TextTable {
  public:
    explicit TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    /// As many cells as there are headings.
    void add(std::vector<std::string> cells);
    /// Numbers stand at the right. Nothing but headings if there are no rows.
    std::string to_string() const;

  private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace shunt::app::ctl
