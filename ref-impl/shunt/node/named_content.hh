// SPDX-License-Identifier: Apache-2.0
// Generated content that names its stream too, so that a reader also tells the bytes of another
// connection from its own: each 16 byte block holds six hexadecimal digits of the stream, a dot,
// eight of the block's number and a newline. A number has room for 64 GiB, and no stream is longer.
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/base/byte_source.hh"
#include "shunt/base/bytes.hh"

namespace shunt::node {

/// The greatest stream that six digits name.
inline constexpr std::uint32_t kStreamMax = 0xFF'FFFF;
/// The most that eight digits number, in bytes.
inline constexpr std::uint64_t kNamedSizeMax = std::uint64_t{1} << 36U;

/// Fills `into` with the bytes of `stream` from `offset` on, which end at kNamedSizeMax.
void generate_named(std::uint32_t stream, std::uint64_t offset, MutableBytes into);

/// The same bytes for connections that take no copy.
std::shared_ptr<const ByteSource> named_source(std::uint32_t stream);

}  // namespace shunt::node
