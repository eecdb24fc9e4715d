// SPDX-License-Identifier: Apache-2.0
/// SHA-256 (FIPS 180-4) of files and texts, as hex: what a bundle and a record are held to.
#pragma once

#include <string>

#include "engine/bytes.hh"

namespace conform {

std::string sha256(ByteView bytes);
std::string sha256(std::string_view text);
/// As pages write it that allow one script.
std::string sha256_base64(std::string_view text);

}  // namespace conform
