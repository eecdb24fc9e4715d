// SPDX-License-Identifier: Apache-2.0
// The repair is worth its time only if what it mends is taken, and of every kind.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "fuzz_target.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/wire/blob.hh"

namespace shunt::fuzz {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr int kRounds = 4'000;

TEST(BlobRepair, HalfOfWhatItMendsIsTakenAndEveryRefusalIsThere) {
    Rng rng(kSeed);
    std::set<Counter> refusals;
    int taken = 0;
    int whole = 0;
    int with_ranges = 0;
    int with_scoreboard = 0;
    int with_context = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<std::uint8_t> bytes(202 + rng.below(600));
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(rng.next_u32());
        ASSERT_EQ(repair_input(bytes, bytes.size(), rng), bytes.size());
        const auto view = wire::BlobView::parse(bytes);
        if (!view) {
            refusals.insert(view.error());
            continue;
        }
        ++taken;
        with_ranges += view->block().out_of_order_ranges > 0 ? 1 : 0;
        with_context += view->context() ? 1 : 0;
        const bool is_whole = !migrate::blob::snapshot_of(*view).fault();
        whole += is_whole ? 1 : 0;
        with_scoreboard += is_whole && view->scoreboard_count() > 0 ? 1 : 0;
    }
    EXPECT_GT(taken, kRounds * 2 / 5) << "seed " << kSeed;
    EXPECT_GT(whole, taken * 3 / 4) << "seed " << kSeed;
    EXPECT_GT(with_ranges, taken / 10);
    EXPECT_GT(with_context, taken / 10);
    EXPECT_GT(with_scoreboard, 10);
    EXPECT_EQ(refusals.size(), 6U) << "format, checksum, sections, mapping, block, queues";
}

TEST(BlobRepair, FillsAShortInputWhereThereIsRoom) {
    Rng rng(kSeed);
    std::vector<std::uint8_t> bytes(202);
    EXPECT_EQ(repair_input(bytes, 3, rng), 202U);
    bytes.resize(201);
    EXPECT_EQ(repair_input(bytes, 3, rng), 3U);
}

}  // namespace
}  // namespace shunt::fuzz
