// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/receive_tuning.hh"

#include <gtest/gtest.h>

#include "shunt/base/rng.hh"
#include "shunt/tcp/testing/pair.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;

constexpr Duration kRoundTrip = Duration::milliseconds(10);

TEST(ReceiveTuning, WantsFourTimesWhatWasReadOnceInARoundTrip) {
    ReceiveTuning tuning;
    Instant now = Instant::from_nanoseconds(1'000'000'000);
    EXPECT_EQ(tuning.on_text(now, 0, 65'535, kRoundTrip), 0U) << "it begins";
    now = now + Duration::microseconds(9'999);
    EXPECT_EQ(tuning.on_text(now, 30'000, 65'535, kRoundTrip), std::nullopt);
    now = now + Duration::microseconds(1);
    EXPECT_EQ(tuning.on_text(now, 40'000, 65'535, kRoundTrip), 160'000U);
    now = now + kRoundTrip;
    EXPECT_EQ(tuning.on_text(now, 40'000, 160'000, kRoundTrip), 0U) << "nothing was read";
}

TEST(ReceiveTuning, WithoutTimestampsTakesAWindowsWorthForARoundTrip) {
    ReceiveTuning tuning;
    const Instant now;
    EXPECT_EQ(tuning.on_text(now, 65'534, 65'535, std::nullopt), std::nullopt);
    EXPECT_EQ(tuning.on_text(now, 65'535, 65'535, std::nullopt), 4 * 65'535U);
    EXPECT_EQ(tuning.on_text(now, 65'535 + 100'000, 262'140, std::nullopt), std::nullopt);
}

TEST(ReceiveTuning, CountsAcrossTheWrapOfItsCounter) {
    ReceiveTuning tuning;
    const Instant now = Instant::from_nanoseconds(1'000'000'000);
    static_cast<void>(tuning.on_text(now, 0xFFFF'FF00, 1'000, kRoundTrip));
    EXPECT_EQ(tuning.on_text(now + kRoundTrip, 0x100, 1'000, kRoundTrip), 0x800U);
}

/// How long a megabyte takes over 100 ms there and back, and the widest window seen.
struct Outcome {
    Duration taken;
    std::uint32_t window_max = 0;
};

Outcome transfer(bool timestamps, std::uint32_t buffer, bool reads) {
    Pair pair;
    for (auto& side : pair.sides) {
        side.config.timestamps = timestamps;
        side.config.receive_buffer_max = buffer;
        side.config.send_buffer_max = 4'000'000;
    }
    pair.sides[0].wanted = 4'000'000;
    pair.sides[1].reads = reads;
    pair.plan = [](std::size_t, std::size_t, const wire::TcpView&) {
        return Fate{.delay = Duration::milliseconds(50)};
    };
    const Instant begin = pair.now;
    pair.open();
    Outcome outcome;
    while (!pair.all_read() && pair.now - begin < Duration::seconds(20)) {
        if (!pair.step(begin + Duration::seconds(20))) break;
        if (!pair.sides[0].connection || pair.sides[0].connection->state() != State::Established)
            continue;
        outcome.window_max =
            std::max(outcome.window_max, pair[0].export_block(1, pair.now).send_window);
    }
    outcome.taken = pair.now - begin;
    return outcome;
}

TEST(ReceiveTuning, OpensTheWindowOfALongFatPipeUpToTheBound) {
    for (const bool timestamps : {false, true}) {
        const Outcome wide = transfer(timestamps, 2'000'000, true);
        EXPECT_LT(wide.taken, Duration::milliseconds(1'600)) << "not 64 KiB in each round trip";
        EXPECT_GT(wide.window_max, 1'000'000U);
        const Outcome bounded = transfer(timestamps, 200'000, true);
        EXPECT_LE(bounded.window_max, 200'000U * 9 / 8 + 128);
    }
}

TEST(ReceiveTuning, GivesNoRoomToWhatNobodyReads) {
    for (const bool timestamps : {false, true}) {
        const Outcome outcome = transfer(timestamps, 2'000'000, false);
        EXPECT_LE(outcome.window_max, 66'000U);
    }
}

}  // namespace
}  // namespace shunt::tcp
