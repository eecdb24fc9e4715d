// SPDX-License-Identifier: Apache-2.0
// Knows what a stream of generated content must be at every offset, so that a lost, repeated or
// changed byte is told apart from the others: every 16 bytes name the offset at which they begin.
// Written from the definition, not from the node's generator, which it judges.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shunt/base/bytes.hh"

namespace shunt::sim {

/// 15 hexadecimal digits of the block's offset, lower case, and a line feed.
inline constexpr std::size_t kContentBlockSize = 16;

std::array<std::uint8_t, kContentBlockSize> content_block(std::uint64_t offset);
/// Generated content from `offset` on fills `out`.
void write_content(std::uint64_t offset, MutableBytes out);
/// Bytes [offset, offset + size) of generated content: what a sender of it sends.
std::vector<std::uint8_t> content_range(std::uint64_t offset, std::size_t size);

class ByteStreamOracle {
  public:
    explicit ByteStreamOracle(std::uint64_t size) : size_(size) {}

    /// The next bytes of the stream, in the order in which they were delivered. A text says what
    /// is wrong with them; after that the stream is not followed any further.
    std::optional<std::string> check(ByteView bytes);

    std::uint64_t offset() const { return offset_; }
    std::uint64_t remaining() const { return size_ - offset_; }
    bool is_complete() const { return offset_ == size_; }

  private:
    std::size_t check_whole_blocks(ByteView bytes);
    std::string describe_mismatch(ByteView bytes, std::size_t position) const;

    std::uint64_t size_;
    std::uint64_t offset_ = 0;
};

}  // namespace shunt::sim
