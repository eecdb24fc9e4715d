// SPDX-License-Identifier: Apache-2.0
// What a browser is told that a file is, by its name (RFC 9110 8.3).
#pragma once

#include <string_view>

namespace shunt::node {

/// The media type of what has that path; of an unknown ending the one of bytes that nobody knows.
std::string_view content_type_of(std::string_view path);

}  // namespace shunt::node
