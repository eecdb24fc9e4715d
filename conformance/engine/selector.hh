// SPDX-License-Identifier: Apache-2.0
/// Which cases a command means: ids, globs, `^not`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conform {

/// True if `pattern` names `id` or a folder above it. `*` is any text within one part of the id,
/// `**` any text across parts; a part `..` at the end is the same as naming the folder.
bool glob_matches(std::string_view pattern, std::string_view id);

/// A list of selectors: an id is selected if a plain one matches (or none is there) and no `^` one
/// does.
class Selection {
  public:
    explicit Selection(const std::vector<std::string>& selectors);
    bool matches(std::string_view id) const;

  private:
    std::vector<std::string> wanted_;
    std::vector<std::string> unwanted_;
};

}  // namespace conform
