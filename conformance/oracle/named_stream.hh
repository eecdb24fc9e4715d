// SPDX-License-Identifier: Apache-2.0
/// Content that names its own offset in every 16 bytes (applications page, `/bytes/N`): a block is
/// its offset as 15 hexadecimal digits and a line feed. Who reads it can tell what is lost,
/// repeated, out of order or corrupted, wherever it begins to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"

namespace conform {

constexpr std::size_t kNamedBlock = 16;

/// The byte at `offset` of such content.
std::uint8_t named_byte(std::uint64_t offset);

/// The offset that the first 16 bytes name; absent if they are no block.
std::optional<std::uint64_t> named_offset(ByteView bytes);

/// What is wrong with a stream from one byte on.
struct StreamFault {
    std::size_t position = 0;  ///< in the bytes that were read
    std::string expected;
    std::string actual;
};

/// Reads bytes of a server in order: named content wherever it stands between heads of HTTP and
/// chunk lengths. Other content has no names, and nothing is found about it. At most `kFaultsMax`
/// faults.
constexpr std::size_t kStreamFaultsMax = 16;
std::vector<StreamFault> find_stream_faults(ByteView bytes);

}  // namespace conform
