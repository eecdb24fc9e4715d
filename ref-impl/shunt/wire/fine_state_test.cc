// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/fine_state.hh"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::wire {
namespace {

// Written by hand from the page: eight times, algorithm, length, the fields of CUBIC.
const std::vector<std::uint8_t> kCubicBytes = {
    0, 0, 0, 1, 0,    0, 0, 2, 0,    0, 0,    3,    0,    3,    0x0D, 0x40, 0, 0,
    0, 5, 0, 0, 0,    6, 0, 0, 0,    7, 0,    0,    0,    8,    2,    20,   0, 1,
    0, 0, 0, 0, 0x80, 0, 0, 0, 0x40, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0,    0,    2, 0};

TEST(FineState, IsReadAndWrittenAsThePageHasIt) {
    const auto fine = FineState::parse(kCubicBytes);
    ASSERT_TRUE(fine);
    EXPECT_EQ(fine->smoothed_rtt_us, 1U);
    EXPECT_EQ(fine->rtt_variation_us, 2U);
    EXPECT_EQ(fine->minimum_rtt_us, 3U);
    EXPECT_EQ(fine->retransmission_timeout_us, 200'000U);
    EXPECT_EQ(fine->retransmit_us, 5U);
    EXPECT_EQ(fine->persist_us, 6U);
    EXPECT_EQ(fine->keep_alive_us, 7U);
    EXPECT_EQ(fine->delayed_acknowledgment_us, 8U);
    ASSERT_TRUE(fine->cubic);
    EXPECT_EQ(fine->cubic->window_max, 0x10000U);
    EXPECT_EQ(fine->cubic->window_at_epoch, 0x8000U);
    EXPECT_EQ(fine->cubic->reno_estimate, 0x4000U);
    EXPECT_EQ(fine->cubic->epoch_age_ms, CubicFields::kNoEpoch);
    EXPECT_EQ(fine->cubic->time_to_window_max_ms, 512U);
    std::vector<std::uint8_t> written(fine->size());
    fine->store(written);
    EXPECT_EQ(written, kCubicBytes);
}

TEST(FineState, OfNewRenoHasNoFields) {
    const FineState fine{.smoothed_rtt_us = 9};
    std::vector<std::uint8_t> bytes(fine.size());
    fine.store(bytes);
    ASSERT_EQ(bytes.size(), 34U);
    EXPECT_EQ(bytes[32], 1);
    EXPECT_EQ(bytes[33], 0);
    EXPECT_EQ(FineState::parse(bytes), fine);
}

TEST(FineState, KeepsTheTimesOfAnUnknownAlgorithmAndOfAnotherLength) {
    auto bytes = kCubicBytes;
    bytes[32] = 9;
    auto fine = FineState::parse(bytes);
    ASSERT_TRUE(fine);
    EXPECT_EQ(fine->algorithm, 9);
    EXPECT_FALSE(fine->cubic);
    bytes = kCubicBytes;
    bytes[33] = 21;
    bytes.push_back(0);
    fine = FineState::parse(bytes);
    ASSERT_TRUE(fine);
    EXPECT_EQ(fine->retransmission_timeout_us, 200'000U);
    EXPECT_FALSE(fine->cubic);
}

TEST(FineState, RefusesEveryLengthThatIsNotTheStatedOne) {
    auto bytes = kCubicBytes;
    bytes.push_back(0);
    EXPECT_FALSE(FineState::parse(bytes));
    for (std::size_t length = 0; length < kCubicBytes.size(); ++length)
        EXPECT_FALSE(FineState::parse(ByteView(kCubicBytes).first(length))) << length;
}

}  // namespace
}  // namespace shunt::wire
