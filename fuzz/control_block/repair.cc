// SPDX-License-Identifier: Apache-2.0
// Makes the block at the front of an input a valid one; the script behind it needs no repair, for
// any bytes are steps.
#include <algorithm>

#include "fuzz_target.hh"
#include "shared/block_repair.hh"

namespace shunt::fuzz {

using wire::ControlBlock;

std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng) {
    if (room.size() < ControlBlock::kSize) return size;
    if (size < ControlBlock::kSize) {
        const MutableBytes missing = room.first(ControlBlock::kSize).subspan(size);
        std::fill(missing.begin(), missing.end(), std::uint8_t{0});
        size = ControlBlock::kSize;
    }
    ControlBlock block = ControlBlock::load(room, 0);
    repair_block(block, rng);
    block.store(room, 0);
    return size;
}

}  // namespace shunt::fuzz
