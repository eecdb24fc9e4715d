// SPDX-License-Identifier: Apache-2.0
#include "shared/block_repair.hh"

#include <algorithm>

namespace shunt::fuzz {
namespace {

using wire::BlockFlag;
using wire::BlockState;
using wire::ControlBlock;

constexpr std::uint32_t kQueueMax = 16 * 1'024;
constexpr Ratio kMostly{7, 8};

void repair_sequences(ControlBlock& block) {
    block.send_queue %= kQueueMax;
    if (block.state == BlockState::FinWait2) block.send_queue = 0;
    const std::uint32_t fin = block.is_fin_unacknowledged() ? 1 : 0;
    const std::uint32_t highest =
        (block.send_max - block.send_unacknowledged) % (block.send_queue + fin + 1);
    const std::uint32_t sent = (block.send_next - block.send_unacknowledged) % (highest + 1);
    block.send_max = block.send_unacknowledged + highest;
    block.send_next = block.send_unacknowledged + sent;
    block.receive_queue %= kQueueMax;
    const std::uint32_t window = (block.receive_advertised - block.receive_next) % 0x30000;
    block.receive_advertised = block.receive_next + window;
}

void repair_options(ControlBlock& block) {
    for (std::uint8_t* scale : {&block.send_scale, &block.receive_scale})
        *scale = static_cast<std::uint8_t>(*scale % (ControlBlock::kScaleMax + 1));
    if (!block.scaling_on()) block.send_scale = block.receive_scale = 0;
    if (!block.timestamps_on()) {
        block.timestamp_value = block.recent_timestamp = block.recent_timestamp_age_ms = 0;
    }
    if (!block.has(BlockFlag::SackPermitted)) block.sack_ranges = 0;
    constexpr unsigned pending = static_cast<unsigned>(BlockFlag::EcnEchoPending) |
                                 static_cast<unsigned>(BlockFlag::CongestionWindowReducedPending);
    if (!block.has(BlockFlag::Ecn))
        block.flags = static_cast<std::uint16_t>(block.flags & ~pending);
}

// After the sequences: what is out of order lies in the window, what is reported in what is out.
void repair_ranges(ControlBlock& block) {
    const std::uint32_t window = block.receive_advertised - block.receive_next;
    const std::uint32_t room = block.is_fin_received() ? 0 : std::min(window / 102, 7U);
    block.out_of_order_ranges = static_cast<std::uint16_t>(block.out_of_order_ranges % (room + 1));
    block.out_of_order_bytes = block.out_of_order_ranges * 100U;
    constexpr unsigned fin = static_cast<unsigned>(BlockFlag::FinOutOfOrder);
    if (block.out_of_order_ranges == 0) {
        block.flags = static_cast<std::uint16_t>(block.flags & ~fin);
    }
    const std::uint32_t outstanding = block.send_max - block.send_unacknowledged;
    block.sack_ranges =
        static_cast<std::uint16_t>(block.sack_ranges % (std::min(outstanding / 2, 7U) + 1));
}

}  // namespace

void repair_block(ControlBlock& block, Rng& rng) {
    if (rng.chance(kMostly)) {
        const unsigned state = static_cast<unsigned>(block.state);
        block.state = static_cast<BlockState>(4 + (state + 2) % 6);
    }
    if (rng.chance(kMostly)) block.version = ControlBlock::kVersion;
    if (rng.chance(kMostly)) block.mss = std::max<std::uint16_t>(block.mss, 1);
    if (rng.chance(kMostly)) repair_sequences(block);
    if (rng.chance(kMostly)) repair_options(block);
    if (rng.chance(kMostly)) repair_ranges(block);
}

}  // namespace shunt::fuzz
