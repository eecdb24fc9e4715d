// SPDX-License-Identifier: Apache-2.0
// Bytes in JSON: base64 with padding (RFC 4648 section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/bytes.hh"

namespace shunt::app {

std::string to_base64(ByteView bytes);

/// Nothing if it is not exactly what to_base64() writes of some bytes.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace shunt::app
