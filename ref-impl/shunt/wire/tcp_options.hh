// SPDX-License-Identifier: Apache-2.0
// TCP options: MSS (RFC 9293 3.2), window scale and timestamps (RFC 7323), SACK (RFC 2018).
// Reading is total: an option list may be any bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "shunt/base/bytes.hh"
#include "shunt/base/sequence_number.hh"

namespace shunt::wire {

struct TcpTimestamps {
    std::uint32_t value = 0;
    std::uint32_t echo = 0;

    bool operator==(const TcpTimestamps&) const = default;
};

/// Received data: from `left` up to, not including, `right`.
struct SackBlock {
    SequenceNumber left{};
    SequenceNumber right{};

    bool operator==(const SackBlock&) const = default;
};

class TcpOptions {
  public:
    /// The data offset leaves no room for more.
    static constexpr std::size_t kSizeMax = 40;
    static constexpr std::size_t kSackBlocksMax = 4;

    /// Options of unknown kind or of a length that their kind does not have are skipped. A length
    /// under 2 or past the end ends the list; what was read before counts. Of an option that
    /// comes twice the last counts.
    static TcpOptions parse(ByteView bytes);

    std::optional<std::uint16_t> mss{};
    /// As sent; a receiver takes more than 14 for 14 (RFC 7323 2.3).
    std::optional<std::uint8_t> window_scale{};
    bool sack_permitted = false;
    std::optional<TcpTimestamps> timestamps{};

    std::span<const SackBlock> sack_blocks() const { return {blocks_.data(), block_count_}; }
    /// False, and nothing is added, if there are four already.
    bool add_sack_block(SackBlock block);

    /// Bytes that store() writes, a multiple of 4. SACK blocks that do not fit into 40 bytes
    /// beside the rest are left out, the last first.
    std::size_t size() const;
    /// Writes size() bytes, in the order that Linux uses: MSS, SACK-permitted, timestamps, window
    /// scale, SACK; NOPs in front align each.
    void store(MutableBytes bytes) const;

    bool operator==(const TcpOptions&) const = default;

  private:
    void read_option(std::uint8_t kind, ByteView content);
    std::size_t size_without_sack() const;
    std::size_t stored_block_count() const;

    std::array<SackBlock, kSackBlocksMax> blocks_{};
    std::size_t block_count_ = 0;
};

}  // namespace shunt::wire
