// SPDX-License-Identifier: Apache-2.0
/// From the text of a segment script (docs/segment-scripts.md) to its steps.
#pragma once

#include <string>
#include <string_view>

#include "script/line_words.hh"
#include "script/script.hh"

namespace conform {

/// `file` is for messages. Throws ScriptError.
Script read_script(const std::string& file, std::string_view text);

/// Throws ScriptError, also where the file cannot be read.
Script load_script(const std::string& path);

}  // namespace conform
