// SPDX-License-Identifier: Apache-2.0
// A request's path as the name of an object: octets written as %XX stand for themselves
// (RFC 3986 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shunt::node {

/// Nothing if a '%' is not followed by two hexadecimal digits, or an octet is zero: no object has
/// such a name.
std::optional<std::string> percent_decoded(std::string_view path);

}  // namespace shunt::node
