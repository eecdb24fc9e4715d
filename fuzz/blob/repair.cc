// SPDX-License-Identifier: Apache-2.0
// Makes a blob of an input: header, the three first sections, what is behind them cut into others,
// a block that counts just these, and the CRC.
#include <algorithm>
#include <array>

#include "fuzz_target.hh"
#include "shared/block_repair.hh"
#include "shunt/base/crc32c.hh"
#include "shunt/wire/blob.hh"
#include "shunt/wire/sack_edges.hh"

namespace shunt::fuzz {
namespace {

using wire::BlockFlag;
using wire::BlockState;
using wire::ControlBlock;

constexpr std::size_t kHeader = wire::kBlobSectionHeaderSize;
constexpr std::size_t kMappingOffset = wire::kBlobHeaderSize + kHeader;
constexpr std::size_t kBlockOffset = kMappingOffset + wire::BlobMapping::kSize + kHeader;
constexpr std::size_t kIpOffset = kBlockOffset + ControlBlock::kSize + kHeader;
constexpr std::size_t kRestOffset = kIpOffset + wire::IpState::kSize;
constexpr std::size_t kSizeMin = kRestOffset + wire::kBlobTrailerSize;
constexpr Ratio kMostly{7, 8};
constexpr Ratio kNearlyAlways{31, 32};

struct Tally {
    std::uint32_t receive = 0;
    std::uint32_t send = 0;
    std::uint16_t ranges = 0;
    std::uint32_t range_bytes = 0;
    bool has_context = false;
    MutableBytes scoreboard;
    std::uint32_t seen = 0;
    std::uint16_t count = 3;
};

void store_header(MutableBytes section, std::uint16_t kind, std::size_t length) {
    store_u16(section, 0, kind);
    store_u16(section, 2, 0);
    store_u32(section, 4, static_cast<std::uint32_t>(length));
}

/// A kind that may stand here, and that can have this length.
std::uint16_t pick_kind(const Tally& tally, std::size_t length, Rng& rng) {
    constexpr std::array<std::uint16_t, 12> kinds = {4, 5, 6, 6, 6, 7, 8, 9, 10, 4, 5, 0x7777};
    const std::uint16_t kind = kinds[static_cast<std::size_t>(rng.below(kinds.size()))];
    const bool is_repeated = kind < 10 && (tally.seen >> kind & 1U) != 0 && kind != 6;
    const bool is_too_short = (kind == 6 && length < 5) || (kind == 9 && length < 1);
    const bool is_crooked = kind == 8 && length % wire::kSackEdgesSize != 0;
    const bool is_wrong = is_repeated || is_too_short || is_crooked;
    return is_wrong && rng.chance(kNearlyAlways) ? std::uint16_t{10} : kind;
}

void count_section(Tally& tally, std::uint16_t kind, MutableBytes content) {
    const auto size = static_cast<std::uint32_t>(content.size());
    ++tally.count;
    if (kind < 10) tally.seen |= 1U << kind;
    if (kind == 4) tally.receive = size;
    if (kind == 5) tally.send = size;
    if (kind == 6 && size >= 5) {
        ++tally.ranges;
        tally.range_bytes += size - 4;
    }
    if (kind == 7) tally.has_context = true;
    if (kind == 8) tally.scoreboard = content;
}

Tally repair_rest(MutableBytes rest, Rng& rng) {
    Tally tally;
    while (rest.size() >= kHeader) {
        const std::size_t most = rest.size() - kHeader;
        std::size_t length = static_cast<std::size_t>(rng.below(most + 1));
        if (most >= 8 && rng.chance({1, 2})) length = std::min<std::size_t>(length, 48) / 8 * 8;
        // What would be left could hold no header.
        if (most - length < kHeader) length = most;
        const std::uint16_t kind = pick_kind(tally, length, rng);
        store_header(rest, kind, length);
        count_section(tally, kind, rest.subspan(kHeader, length));
        rest = rest.subspan(kHeader + length);
    }
    return tally;
}

/// Ranges out of order one after the other, with a gap of one before each.
void place_ranges(MutableBytes rest, const ControlBlock& block) {
    std::uint32_t offset = 1;
    while (rest.size() >= kHeader) {
        const std::size_t length = load_u32(rest, 4);
        if (load_u16(rest, 0) == 6 && length >= 5) {
            store_u32(rest, kHeader, (block.receive_next + offset).value());
            offset += static_cast<std::uint32_t>(length) - 4 + 1;
        }
        rest = rest.subspan(kHeader + length);
    }
}

void place_scoreboard(const Tally& tally, ControlBlock& block) {
    const std::size_t count = tally.scoreboard.size() / wire::kSackEdgesSize;
    block.sack_ranges = static_cast<std::uint16_t>(count);
    if (count == 0) return;
    block.set(BlockFlag::SackPermitted);
    if (block.send_queue >= 2 * count)
        block.send_max = block.send_unacknowledged + block.send_queue;
    for (std::size_t i = 0; i < count; ++i) {
        const SequenceNumber left =
            block.send_unacknowledged + static_cast<std::uint32_t>(2 * i + 1);
        wire::store_sack_edges(tally.scoreboard, i * wire::kSackEdgesSize, {left, left + 1});
    }
}

void announce(const Tally& tally, ControlBlock& block) {
    block.receive_queue = tally.receive;
    block.send_queue = tally.send;
    block.out_of_order_ranges = tally.ranges;
    block.out_of_order_bytes = tally.range_bytes;
    unsigned gone = static_cast<unsigned>(BlockFlag::Context);
    if (tally.ranges == 0) gone |= static_cast<unsigned>(BlockFlag::FinOutOfOrder);
    block.flags = static_cast<std::uint16_t>(block.flags & ~gone);
    if (tally.has_context) block.set(BlockFlag::Context);
    const bool needs_open_ends = tally.ranges > 0 || tally.send > 0;
    if (needs_open_ends) block.state = BlockState::Established;
    if (tally.ranges > 0) block.receive_advertised = block.receive_next + 0x2'0000U;
    const std::uint32_t fin = block.is_fin_unacknowledged() ? 1 : 0;
    const std::uint32_t sent =
        (block.send_max - block.send_unacknowledged) % (block.send_queue + fin + 1);
    block.send_max = block.send_next = block.send_unacknowledged + sent;
    place_scoreboard(tally, block);
}

/// By chance alone no half would ever be zero.
void repair_flow(MutableBytes mapping, Rng& rng) {
    for (const std::size_t half : {0U, 2U})
        if (load_u16(mapping, half) == 0) store_u16(mapping, half, 1);
    if (!rng.chance(kNearlyAlways)) store_u16(mapping, rng.below(2) * 2, 0);
}

}  // namespace

std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng) {
    if (room.size() < kSizeMin) return size;
    if (size < kSizeMin) {
        const MutableBytes missing = room.subspan(size, kSizeMin - size);
        std::fill(missing.begin(), missing.end(), std::uint8_t{0});
        size = kSizeMin;
    }
    const MutableBytes blob = room.first(size);
    const MutableBytes rest =
        blob.subspan(kRestOffset, size - kRestOffset - wire::kBlobTrailerSize);
    if (rng.chance(kNearlyAlways)) store_u32(blob, 0, wire::kBlobMagic);
    if (rng.chance(kNearlyAlways)) store_u16(blob, 4, wire::kBlobVersion);
    if (rng.chance(kNearlyAlways)) store_header(blob.subspan(kMappingOffset - kHeader), 1, 20);
    if (rng.chance(kNearlyAlways)) store_header(blob.subspan(kBlockOffset - kHeader), 2, 140);
    if (rng.chance(kNearlyAlways)) store_header(blob.subspan(kIpOffset - kHeader), 3, 6);
    repair_flow(blob.subspan(kMappingOffset), rng);
    ControlBlock block = ControlBlock::load(blob, kBlockOffset);
    repair_block(block, rng);
    if (rng.chance(kMostly)) {
        const Tally tally = repair_rest(rest, rng);
        if (rng.chance(kNearlyAlways)) store_u16(blob, 6, tally.count);
        if (rng.chance(kNearlyAlways)) announce(tally, block);
        if (rng.chance(kMostly)) place_ranges(rest, block);
    }
    block.store(blob, kBlockOffset);
    const std::size_t covered = size - wire::kBlobTrailerSize;
    if (rng.chance(kNearlyAlways)) store_u32(blob, covered, crc32c(blob.first(covered)));
    return size;
}

}  // namespace shunt::fuzz
