// SPDX-License-Identifier: Apache-2.0
/// Text of devices, files and command lines within other formats: none of it is taken for markup,
/// and none steers a terminal.
#pragma once

#include <string>
#include <string_view>

namespace conform {

/// For an element or a quoted attribute of XML 1.0 and HTML. Control characters but line feed and
/// tab, and bytes that are no ASCII and may be no UTF-8, are '?'.
std::string escape_markup(std::string_view text);

/// One line of printable ASCII.
std::string one_line(std::string_view text);

/// One line without control characters; '#', which begins a directive in TAP, and '\' are escaped.
std::string escape_tap(std::string_view text);

}  // namespace conform
