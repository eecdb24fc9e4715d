// SPDX-License-Identifier: Apache-2.0
#include "playback/move_watch.hh"

namespace conform {
namespace {

/// How often both links are looked at while something is awaited.
constexpr std::chrono::milliseconds kLook{2};
/// For more of the device's text to come by itself.
constexpr std::chrono::milliseconds kPause{40};

}  // namespace

Task<bool> MoveWatch::look() {
    const std::optional<ReceivedSegment> segment = co_await client_.receive(kLook);
    if (segment) hear_client(*segment);
    const std::optional<ReceivedEncapsulation> frame = co_await peer_.receive(Duration::zero());
    if (frame) hear_peer(*frame);
    co_return segment || frame;
}

Task<> MoveWatch::listen(Duration length) {
    const Time until = stage_.wire().now() + length;
    while (stage_.wire().now() < until)
        co_await look();
}

Task<> MoveWatch::catch_up() {
    Time heard_at = stage_.wire().now();
    Time paused_at = heard_at;
    while (!has_caught_up() && stage_.wire().now() < heard_at + stage_.iut().timers.answer) {
        const bool has_come = co_await look();
        const Time now = stage_.wire().now();
        if (has_come) heard_at = paused_at = now;
        if (now < paused_at + kPause) continue;
        on_pause();
        paused_at = now;
    }
}

}  // namespace conform
