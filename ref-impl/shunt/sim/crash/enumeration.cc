// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/enumeration.hh"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::sim {

namespace {

std::vector<CrashPoint> points_of(const std::vector<Step>& steps,
                                  std::span<const Comeback> comebacks) {
    std::vector<CrashPoint> points;
    points.reserve(steps.size() * std::size(kMoments) * comebacks.size());
    for (const Step& step : steps) {
        for (const Moment moment : kMoments) {
            for (const Comeback comeback : comebacks)
                points.push_back({step.server, step.event, moment, comeback});
        }
    }
    return points;
}

}  // namespace

std::vector<CrashPoint> crashes_of(const std::vector<Step>& steps) {
    return points_of(steps, kComebacks);
}

std::vector<CrashPoint> channel_losses_of(const std::vector<Step>& steps) {
    return points_of(steps, kChannelLosses);
}

std::vector<CrashPoint> draw_two_crashes(const std::vector<Step>& steps,
                                         std::span<const Comeback> comebacks, Rng& rng) {
    SHUNT_ASSERT(!steps.empty(), "a script has steps");
    constexpr std::uint64_t kLaterMax = 12;
    std::vector<CrashPoint> points;
    for (int i = 0; i < 2; ++i) {
        const Step& step = steps[static_cast<std::size_t>(rng.below(steps.size()))];
        const Moment moment = kMoments[rng.below(std::size(kMoments))];
        const Comeback comeback = comebacks[rng.below(comebacks.size())];
        const std::uint64_t later = i == 0 ? 0 : rng.below(kLaterMax);
        points.push_back({step.server, step.event + later, moment, comeback});
    }
    // The first one of a server that is to come back is the earlier one.
    if (points[0].server == points[1].server && points[0].event >= points[1].event)
        points[1].event = points[0].event + 1 + rng.below(kLaterMax);
    return points;
}

CrashOrders orders_for(const std::vector<Step>& steps, std::vector<CrashPoint> points) {
    Duration last{};
    for (const Step& step : steps)
        last = std::max(last, step.at.since_origin());
    for (const CrashPoint& point : points) {
        const auto found = std::ranges::find_if(steps, [&point](const Step& step) {
            return step.server == point.server && step.event == point.event;
        });
        if (points.size() == 1 && found != steps.end()) last = found->at.since_origin();
    }
    return orders_for(std::move(points), last);
}

}  // namespace shunt::sim
