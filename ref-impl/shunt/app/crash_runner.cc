// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/crash_runner.hh"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "shunt/sim/trace_hash.hh"

namespace shunt::app {
namespace {

std::vector<sim::CrashPoint> chosen(const sim::Script& script, const std::vector<sim::Step>& steps,
                                    std::size_t every) {
    std::vector<sim::CrashPoint> all = sim::crashes_of(steps);
    if (script.has_blobs()) {
        const std::vector<sim::CrashPoint> losses = sim::channel_losses_of(steps);
        all.insert(all.end(), losses.begin(), losses.end());
    }
    std::vector<sim::CrashPoint> points;
    for (std::size_t i = 0; i < all.size(); i += every)
        points.push_back(all[i]);
    return points;
}

std::string step_text(const std::vector<sim::Step>& steps, const sim::CrashPoint& point) {
    const auto found = std::ranges::find_if(steps, [&point](const sim::Step& step) {
        return step.server == point.server && step.event == point.event;
    });
    return found == steps.end() ? "" : to_text(*found);
}

void add(CrashTally& tally, const std::vector<sim::Step>& steps, const sim::CrashPoint& point,
         sim::CrashResult result) {
    ++tally.crashes;
    // A script that goes other ways before the crash than without it is no script.
    if (result.crashes != 1) {
        result.end = sim::CrashEnd::Failed;
        result.violations.push_back({result.finished, "script", "the crash is not reached", 0});
    }
    ++tally.ends[static_cast<std::size_t>(result.end)];
    if (result.end != sim::CrashEnd::Failed) return;
    tally.failures.push_back({point, step_text(steps, point), std::move(result.violations)});
}

}  // namespace

CrashTally run_crashes(const sim::Script& script, const CrashOptions& options) {
    const std::vector<sim::Step> steps = sim::steps_of(script);
    const std::vector<sim::CrashPoint> points = chosen(script, steps, options.every);
    std::vector<sim::CrashResult> results(points.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < points.size(); i = next++)
            results[i] = sim::play(script, sim::orders_for(steps, {points[i]}));
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(options.jobs, points.size()); ++i)
        threads.emplace_back(work);
    work();
    for (std::thread& thread : threads)
        thread.join();
    CrashTally tally;
    tally.script = script.name;
    tally.steps = steps.size();
    sim::TraceHash hash;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::vector<std::uint8_t> digits(results[i].trace_hash.begin(),
                                               results[i].trace_hash.end());
        hash.add(results[i].finished, sim::SegmentId{}, sim::HostId{}, digits);
        add(tally, steps, points[i], std::move(results[i]));
    }
    tally.trace_hash = hash.to_hex();
    return tally;
}

}  // namespace shunt::app
