// SPDX-License-Identifier: Apache-2.0
/// A word as a shell reads it, for lines that people run again.
#pragma once

#include <string>

namespace conform {

/// As it is where nothing in it means anything, else in quotes.
std::string shell_word(const std::string& word);

}  // namespace conform
