// SPDX-License-Identifier: Apache-2.0
// Content of any size that names its own offset, so that a reader can tell loss, repetition and
// reordering apart: each 16 byte block holds its offset as 15 hexadecimal digits and a newline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "shunt/base/byte_source.hh"
#include "shunt/base/bytes.hh"

namespace shunt::node {

inline constexpr std::size_t kContentBlock = 16;

/// The byte at `offset` of every generated object.
std::uint8_t generated_byte(std::uint64_t offset);

/// Fills `into` with the bytes from `offset` on.
void generate(std::uint64_t offset, MutableBytes into);

/// The same bytes for connections that take no copy.
const std::shared_ptr<const ByteSource>& generated_source();

/// The N of "/bytes/N" behind any prefix path: "/s2/bytes/100" is 100 bytes. Nothing for other
/// targets and for more than 2^60.
std::optional<std::uint64_t> generated_size(std::string_view target);

}  // namespace shunt::node
