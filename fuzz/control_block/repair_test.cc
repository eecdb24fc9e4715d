// SPDX-License-Identifier: Apache-2.0
// The repair is worth its time only if what it mends is imported.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "fuzz_target.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::fuzz {
namespace {

using wire::BlockFault;
using wire::BlockState;
using wire::ControlBlock;

constexpr std::uint64_t kSeed = 7;
constexpr int kRounds = 4'000;

TEST(BlockRepair, HalfOfWhatItMendsIsValidAndEveryStateAndFaultIsThere) {
    Rng rng(kSeed);
    std::set<BlockState> states;
    std::set<BlockFault> faults;
    int valid = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<std::uint8_t> bytes(ControlBlock::kSize);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(rng.next_u32());
        ASSERT_EQ(repair_input(bytes, bytes.size(), rng), bytes.size());
        const auto result = ControlBlock::load(bytes, 0).validate();
        if (!result) {
            faults.insert(result.error());
            continue;
        }
        ++valid;
        states.insert(result->state);
    }
    EXPECT_GT(valid, kRounds * 2 / 5) << "seed " << kSeed;
    EXPECT_EQ(states.size(), 6U);
    EXPECT_GE(faults.size(), 7U) << "what nobody mends is tried too";
}

TEST(BlockRepair, FillsAShortInputWhereThereIsRoom) {
    Rng rng(kSeed);
    std::vector<std::uint8_t> bytes(ControlBlock::kSize);
    EXPECT_EQ(repair_input(bytes, 3, rng), ControlBlock::kSize);
    bytes.resize(ControlBlock::kSize - 1);
    EXPECT_EQ(repair_input(bytes, 3, rng), 3U);
}

}  // namespace
}  // namespace shunt::fuzz
