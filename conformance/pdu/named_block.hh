// SPDX-License-Identifier: Apache-2.0
/// Sixteen bytes of content that say where they belong (applications page, `/bytes/N`): the offset
/// as 15 hexadecimal digits and a line feed; or the stream as six, a dot, the block's number as
/// eight, and a line feed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/bytes.hh"

namespace conform {

constexpr std::size_t kNamedBlock = 16;

/// The six digits of a stream; nothing: its blocks name their offsets alone.
using StreamName = std::optional<std::uint32_t>;

/// What a block says of itself.
struct BlockName {
    StreamName stream{};
    std::uint64_t offset = 0;
    bool operator==(const BlockName&) const = default;

    /// Of the byte that is so many behind this one.
    BlockName behind(std::uint64_t bytes) const { return {stream, offset + bytes}; }
};

/// "0a1b2c".
std::string spell_stream(std::uint32_t stream);

/// Six lower-case hexadecimal digits at the front; absent where something else stands there.
std::optional<std::uint32_t> read_stream(ByteView bytes);

/// The byte at that place of such content.
std::uint8_t named_byte(const BlockName& place);

/// The first `size` bytes of a stream.
Bytes named_content(StreamName stream, std::size_t size);

/// What the first 16 bytes name; absent if they are no block.
std::optional<BlockName> read_block(ByteView bytes);

}  // namespace conform
