// SPDX-License-Identifier: Apache-2.0
/// The differences between two devices that are known, each with the sentence that allows it
/// (docs/deviations.md): what is found has to be there, and what is there has to be found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conform {

struct Deviation {
    std::string id;       ///< "D-7", the first word of its heading
    std::string pattern;  ///< a signature of a difference, in which * stands for anything
    std::size_t line = 0;
    bool is_seen = false;
};

class Deviations {
  public:
    /// Lines of the blocks that begin with ```differences, each under a heading that begins with an
    /// id. Throws ScriptError.
    static Deviations read(const std::string& file, std::string_view text);

    /// The id of the first one that a signature is; empty: it is new. Notes that it was seen.
    std::string explain(const std::string& signature);
    /// Those about the scripts named that no signature was.
    std::vector<Deviation> unseen(const std::vector<std::string>& scripts) const;

  private:
    std::vector<Deviation> deviations_;
};

/// True if `text` is `pattern`, where each * stands for any number of characters.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace conform
