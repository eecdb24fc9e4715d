// SPDX-License-Identifier: Apache-2.0
/// The text of iut.toml before a parser sees it: of bounded size, and with keys of bounded depth.
#pragma once

#include <string>
#include <string_view>

namespace conform {

/// A regular file of 1 MiB at most; throws IutFileError.
std::string read_iut_text(const std::string& path);

/// The line of the first key with more than 16 dots, 0 if there is none. toml++ calls itself once
/// for each, without bound; brackets it counts.
int line_of_deep_key(std::string_view text);

}  // namespace conform
