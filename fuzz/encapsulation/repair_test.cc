// SPDX-License-Identifier: Apache-2.0
// The repair is worth its time only if what it mends gets past the first checks.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "encapsulation/farm_node.hh"
#include "encapsulation/frame_oracle.hh"
#include "fuzz_target.hh"

namespace shunt::fuzz {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr int kRounds = 4'000;

std::vector<std::uint8_t> repaired(Rng& rng) {
    std::vector<std::uint8_t> bytes(512);
    const std::size_t size = rng.below(300);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(rng.next_u32());
    bytes.resize(repair_input(bytes, size, rng));
    return bytes;
}

TEST(FrameRepair, HalfOfWhatItMendsPassesAndEveryTypeDoes) {
    Rng rng(kSeed);
    std::map<int, int> passed;
    int all = 0;
    for (int round = 0; round < kRounds; ++round) {
        const auto bytes = repaired(rng);
        if (!judge_frame(bytes, wire::ProtocolSet::Extended).is_good) continue;
        ++passed[bytes[12]];
        ++all;
    }
    EXPECT_GT(all, kRounds / 2);
    EXPECT_LT(all, kRounds) << "what nobody mends is tried too";
    EXPECT_EQ(passed.size(), 9U) << "seed " << kSeed;
}

TEST(FrameRepair, LeavesTheInputInItsRoom) {
    Rng rng(kSeed);
    for (std::size_t room = 0; room < 200; ++room) {
        std::vector<std::uint8_t> bytes(room, 0x12);
        EXPECT_LE(repair_input(bytes, room / 2, rng), room);
    }
}

TEST(FrameRepair, MovesSomethingInANode) {
    Rng rng(kSeed);
    std::map<Counter, int> acted;
    for (int round = 0; round < kRounds; ++round) {
        FarmNode farm(true);
        const NodeState before = farm.state();
        farm.receive(repaired(rng));
        const NodeState after = farm.state();
        for (const Counter counter :
             {Counter::OfferAccepted, Counter::OfferRepeated, Counter::CopyReleased,
              Counter::MoveDone, Counter::MoveRejected, Counter::CopyUnwanted}) {
            const auto index = static_cast<std::size_t>(counter);
            if (after.counters[index] > before.counters[index]) ++acted[counter];
        }
    }
    EXPECT_EQ(acted.size(), 6U) << "seed " << kSeed;
}

}  // namespace
}  // namespace shunt::fuzz
