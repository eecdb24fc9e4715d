// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/congestion_state.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kCubic = from_hex("02 00010000 00008000 00004000 ffffffff 00000200");

Bytes written(const CongestionState& state) {
    Bytes bytes(state.size());
    state.store(bytes);
    return bytes;
}

TEST(CongestionState, IsReadAndWrittenAsThePageHasIt) {
    const auto state = CongestionState::parse(kCubic);
    ASSERT_TRUE(state);
    const CubicFields fields{.window_max = 0x10000,
                             .window_at_epoch = 0x8000,
                             .reno_estimate = 0x4000,
                             .epoch_age_ms = CubicFields::kNoEpoch,
                             .time_to_window_max_ms = 512};
    EXPECT_EQ(*state, (CongestionState{.algorithm = FineState::kCubic, .cubic = fields}));
    EXPECT_EQ(to_hex(written(*state)), to_hex(kCubic));
    EXPECT_EQ(to_hex(written(CongestionState{})), "01") << "NewReno has no fields";
    EXPECT_EQ(CongestionState::parse(Bytes{1}), CongestionState{});
}

TEST(CongestionState, OfAnotherAlgorithmOrLengthOnlyTheAlgorithmIsRead) {
    for (std::size_t size = 1; size < 30; ++size) {
        Bytes bytes(size, 0x5A);
        bytes[0] = FineState::kCubic;
        EXPECT_EQ(CongestionState::parse(bytes)->cubic.has_value(), size == kCubic.size());
        bytes[0] = 3;
        EXPECT_EQ(*CongestionState::parse(bytes), CongestionState{.algorithm = 3});
    }
    EXPECT_FALSE(CongestionState::parse(Bytes{}));
}

}  // namespace
}  // namespace shunt::wire
