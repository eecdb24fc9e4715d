// SPDX-License-Identifier: Apache-2.0
// CUBIC's curve against values of RFC 9438's formulas, and where it follows Reno instead.
#include "shunt/tcp/congestion/cubic.hh"

#include <gtest/gtest.h>

#include <cstdlib>

#include "shunt/tcp/congestion/control.hh"

namespace shunt::tcp::congestion {
namespace {

constexpr std::uint32_t kSegment = 1'000;

void expect_near(std::int64_t value, std::int64_t expected, std::int64_t tolerance) {
    EXPECT_LE(std::abs(value - expected), tolerance) << value << " instead of " << expected;
}

/// A flow whose every byte is acknowledged a round trip later, one segment after the other.
struct Flow {
    explicit Flow(Algorithm algorithm, std::uint32_t segments, Duration path)
        : control(algorithm, segments * kSegment), round_trip(path) {
        control.restore(segments * kSegment, segments * kSegment);
    }
    void lose() { control.on_congestion(control.window(), kSegment); }
    void run_until(Instant end) {
        while (now < end) {
            now = now + round_trip * kSegment / static_cast<std::int64_t>(control.window());
            control.on_acknowledged({.count = kSegment,
                                     .segment_size = kSegment,
                                     .was_limiting = true,
                                     .segments_max = 2,
                                     .now = now,
                                     .round_trip = round_trip});
        }
    }
    /// In thousandths of a segment, which are bytes here.
    std::int64_t window() const { return control.window(); }

    Control control;
    Duration round_trip;
    Instant now = Instant::from_nanoseconds(5'000'000'000);
};

Instant seconds_after(Instant start, std::int64_t seconds) {
    return start + Duration::seconds(seconds);
}

struct Point {
    std::int64_t seconds;
    std::int64_t milli_segments;
};

// W_cubic(t) = 0.4 * (t - K)^3 + W_max with W_max = 1,000 and cwnd_epoch = 700 segments.
constexpr Point kCurve[] = {{1, 788'555},    {2, 857'705},   {4, 947'388},    {6, 988'249},
                            {8, 999'488},    {9, 1'000'000}, {10, 1'000'306}, {12, 1'009'902},
                            {15, 1'082'754}, {20, 1'520'067}};

TEST(Cubic, HasTheCurveOfItsFormula) {
    const Duration inflection = Cubic::time_to(1'000 * kSegment, 700 * kSegment, kSegment);
    EXPECT_EQ(inflection, Duration::milliseconds(9'085));  // cube root of 300/0.4, seconds
    for (const Point& point : kCurve) {
        const auto window = static_cast<std::int64_t>(Cubic::window_at(
            Duration::seconds(point.seconds), 1'000 * kSegment, inflection, kSegment));
        expect_near(window, point.milli_segments, 300);
    }
}

TEST(Cubic, GrowsAlongItsCurveWithinASegment) {
    Flow flow(Algorithm::Cubic, 1'000, Duration::milliseconds(100));
    flow.lose();
    EXPECT_EQ(flow.window(), 700'000);
    const Instant start = flow.now;
    for (const Point& point : kCurve) {
        flow.run_until(seconds_after(start, point.seconds));
        expect_near(flow.window(), point.milli_segments, 1'000);
    }
}

TEST(Cubic, FollowsRenoOnShortPaths) {
    // 100 segments, 10 ms: 70 + 9/17 per round trip up to 100 after 57 of them, then one each.
    Flow flow(Algorithm::Cubic, 100, Duration::milliseconds(10));
    flow.lose();
    const Instant start = flow.now;
    flow.run_until(start + Duration::milliseconds(300));
    expect_near(flow.window(), 70'000 + 30 * 9'000 / 17, 1'000);
    flow.run_until(start + Duration::milliseconds(1'000));
    expect_near(flow.window(), 100'000 + 43'000, 1'500);
}

TEST(Cubic, HasAsMuchAsRenoWhereItFollowsIt) {
    // A loss each time that 100 segments are out: the mean windows are alike (RFC 9438 4.3).
    const auto mean = [](Algorithm algorithm) {
        Flow flow(algorithm, 100, Duration::milliseconds(10));
        std::int64_t sum = 0;
        std::int64_t count = 0;
        for (int step = 0; step < 4'000; ++step) {
            flow.run_until(flow.now + Duration::milliseconds(5));
            if (flow.window() >= 100'000) flow.lose();
            sum += flow.window();
            ++count;
        }
        return sum / count;
    };
    const std::int64_t reno = mean(Algorithm::NewReno);
    const std::int64_t cubic = mean(Algorithm::Cubic);
    expect_near(reno, 75'000, 2'000);
    expect_near(cubic, 85'000, 3'000);
}

TEST(Cubic, GrowsByHalfAWindowPerRoundTripAtMost) {
    Flow flow(Algorithm::Cubic, 100, Duration::milliseconds(100));
    flow.lose();
    flow.run_until(flow.now + Duration::milliseconds(1));
    flow.now = flow.now + Duration::seconds(100);  // the curve is far above by now
    const std::int64_t before = flow.window();
    flow.run_until(flow.now + flow.round_trip);
    EXPECT_LT(flow.window(), before * 17 / 10);
    EXPECT_GT(flow.window(), before * 14 / 10);
}

TEST(Cubic, MakesRoomForOthersIfItLosesBeforeItsLastWindow) {
    Flow flow(Algorithm::Cubic, 1'000, Duration::milliseconds(100));
    flow.lose();
    flow.run_until(flow.now + Duration::seconds(1));
    const std::int64_t window = flow.window();
    ASSERT_LT(window, 1'000'000);
    flow.lose();
    expect_near(flow.control.state(flow.now).cubic.window_max, window * 17 / 20, 1);
}

TEST(Cubic, BeginsAtItsOwnWindowAfterATimeout) {
    Flow flow(Algorithm::Cubic, 100, Duration::milliseconds(100));
    flow.control.on_timeout(100 * kSegment, kSegment, true);
    EXPECT_EQ(flow.control.threshold(), 70 * kSegment);
    flow.run_until(flow.now + Duration::seconds(3));
    const CubicState state = flow.control.state(flow.now).cubic;
    EXPECT_EQ(state.time_to_window_max, Duration{});
    EXPECT_EQ(state.window_max, state.window_at_epoch);
    expect_near(static_cast<std::int64_t>(state.window_max), 70'000, 1'000);
}

TEST(Cubic, DoesNotCountTimeInWhichItWasNotLimiting) {
    Flow busy(Algorithm::Cubic, 1'000, Duration::milliseconds(100));
    busy.lose();
    busy.run_until(busy.now + Duration::seconds(2));
    Flow pausing = busy;
    pausing.control.on_acknowledged({.count = kSegment,
                                     .segment_size = kSegment,
                                     .was_limiting = false,
                                     .now = pausing.now + Duration::seconds(20),
                                     .round_trip = pausing.round_trip});
    pausing.now = pausing.now + Duration::seconds(20);
    busy.run_until(busy.now + Duration::seconds(1));
    pausing.run_until(pausing.now + Duration::seconds(1));
    expect_near(pausing.window(), busy.window(), 1'000);
}

TEST(Cubic, GoesOnAlongTheSameCurveAfterAMove) {
    Flow stays(Algorithm::Cubic, 1'000, Duration::milliseconds(100));
    stays.lose();
    stays.run_until(stays.now + Duration::seconds(4));
    Flow moves = stays;
    moves.now = moves.now + Duration::seconds(1'000);
    moves.control = Control(Algorithm::Cubic, 0);
    moves.control.restore(stays.control.window(), stays.control.threshold());
    moves.control.restore_state(stays.control.state(stays.now), moves.now);
    stays.run_until(stays.now + Duration::seconds(8));
    moves.run_until(moves.now + Duration::seconds(8));
    expect_near(moves.window(), stays.window(), 100);
    EXPECT_EQ(moves.control.state(moves.now).cubic.window_max, 1'000'000U);
}

TEST(Cubic, SurvivesAnyStateThatIsBroughtToIt) {
    for (const std::uint32_t wild : {0U, 1U, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
        Control control(Algorithm::Cubic, 0);
        control.restore(wild, 1);
        control.restore_state({.algorithm = Algorithm::Cubic,
                               .cubic = {.window_max = wild,
                                         .window_at_epoch = wild,
                                         .reno_estimate = wild,
                                         .epoch_age = Duration::milliseconds(wild),
                                         .time_to_window_max = Duration::milliseconds(~wild)}},
                              Instant{});
        for (int i = 0; i < 20; ++i)
            control.on_acknowledged({.count = wild,
                                     .segment_size = 48,
                                     .now = Instant::from_nanoseconds(i),
                                     .round_trip = Duration::milliseconds(wild)});
        EXPECT_LE(control.window(), 1U << 30);
    }
}

}  // namespace
}  // namespace shunt::tcp::congestion
