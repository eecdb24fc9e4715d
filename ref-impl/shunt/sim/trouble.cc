// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/trouble.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::sim {
namespace {

Instant draw_instant(Rng& rng, TroubleSpan span) {
    const Duration length = span.end - span.begin;
    SHUNT_ASSERT(length > Duration{}, "a span has a length");
    const auto bound = static_cast<std::uint64_t>(length.to_nanoseconds());
    return span.begin + Duration::nanoseconds(static_cast<std::int64_t>(rng.below(bound)));
}

// Two instants of the span, the earlier one first.
TroubleSpan draw_span(Rng& rng, TroubleSpan within) {
    const Instant one = draw_instant(rng, within);
    const Instant other = draw_instant(rng, within);
    return {std::min(one, other), std::max(one, other)};
}

Trouble lane_trouble(Trouble::Kind kind, const LaneName& lane, Instant at) {
    Trouble trouble;
    trouble.at = at;
    trouble.kind = kind;
    trouble.segment = lane.segment;
    trouble.host = lane.from;
    trouble.other = lane.to;
    return trouble;
}

Trouble host_trouble(Trouble::Kind kind, HostId host, Instant at) {
    Trouble trouble;
    trouble.at = at;
    trouble.kind = kind;
    trouble.host = host;
    return trouble;
}

std::string_view name_of(Trouble::Kind kind) {
    switch (kind) {
        case Trouble::Kind::Cut:
            return "cut";
        case Trouble::Kind::Clog:
            return "clog";
        case Trouble::Kind::Open:
            return "open";
        case Trouble::Kind::Pause:
            return "pause";
        case Trouble::Kind::Resume:
            return "resume";
        case Trouble::Kind::Crash:
            return "crash";
        case Trouble::Kind::Restart:
            return "restart";
        case Trouble::Kind::JumpClock:
            return "jump of the clock";
        case Trouble::Kind::FastClock:
            return "fast clock";
        case Trouble::Kind::Mtu:
            return "MTU";
    }
    return "";
}

}  // namespace

std::string describe(const Trouble& trouble, const World& world) {
    const std::string begin = fmt::format("{} us: {}", trouble.at.since_origin().to_microseconds(),
                                          name_of(trouble.kind));
    switch (trouble.kind) {
        case Trouble::Kind::Cut:
        case Trouble::Kind::Clog:
        case Trouble::Kind::Open:
            return fmt::format("{} {} {} > {}", begin, world.name(trouble.segment),
                               world.name(trouble.host), world.name(trouble.other));
        case Trouble::Kind::JumpClock:
            return fmt::format("{} {} by {} us", begin, world.name(trouble.host),
                               trouble.amount.to_microseconds());
        case Trouble::Kind::FastClock:
            return fmt::format("{} {} by {} ppm", begin, world.name(trouble.host),
                               trouble.parts_per_million);
        case Trouble::Kind::Mtu:
            return fmt::format("{} {} {}", begin, world.name(trouble.segment), trouble.mtu);
        case Trouble::Kind::Pause:
        case Trouble::Kind::Resume:
        case Trouble::Kind::Crash:
        case Trouble::Kind::Restart:
            return fmt::format("{} {}", begin, world.name(trouble.host));
    }
    return begin;
}

void TroublePlan::sort() {
    std::ranges::stable_sort(troubles_, {}, &Trouble::at);
}

std::optional<Instant> TroublePlan::next() const {
    if (done_ == troubles_.size()) return std::nullopt;
    return troubles_[done_].at;
}

void TroublePlan::apply(World& world, const MakeHost& make_host) {
    const Trouble& trouble = troubles_.at(done_++);
    switch (trouble.kind) {
        case Trouble::Kind::Cut:
            return world.set_passage(trouble.segment, trouble.host, trouble.other,
                                     Lane::Passage::Cut);
        case Trouble::Kind::Clog:
            return world.set_passage(trouble.segment, trouble.host, trouble.other,
                                     Lane::Passage::Clogged);
        case Trouble::Kind::Open:
            return world.set_passage(trouble.segment, trouble.host, trouble.other,
                                     Lane::Passage::Open);
        case Trouble::Kind::Pause:
            return world.pause(trouble.host);
        case Trouble::Kind::Resume:
            return world.resume(trouble.host);
        case Trouble::Kind::Crash:
            return world.crash(trouble.host);
        case Trouble::Kind::Restart:
            if (world.is_down(trouble.host)) world.restart(trouble.host, make_host(trouble.host));
            return;
        case Trouble::Kind::JumpClock:
            return world.jump_clock(trouble.host, trouble.amount);
        case Trouble::Kind::FastClock:
            return world.run_clock_fast(trouble.host, trouble.parts_per_million);
        case Trouble::Kind::Mtu:
            return world.set_mtu(trouble.segment, trouble.mtu);
    }
}

void add_swizzle(TroublePlan& plan, Rng& rng, const std::vector<LaneName>& lanes,
                 TroubleSpan span) {
    const Instant middle = span.begin + (span.end - span.begin) / 2;
    for (const LaneName& lane : lanes) {
        if (!rng.chance({1, 2})) continue;
        const auto kind = rng.chance({1, 2}) ? Trouble::Kind::Clog : Trouble::Kind::Cut;
        // Times of their own make orders of their own.
        const Instant stops = draw_instant(rng, {span.begin, middle});
        const Instant resumes = draw_instant(rng, {middle, span.end});
        plan.add(lane_trouble(kind, lane, stops));
        plan.add(lane_trouble(Trouble::Kind::Open, lane, resumes));
    }
}

void add_outage(TroublePlan& plan, Rng& rng, HostId host, bool loses_state, TroubleSpan span) {
    const TroubleSpan outage = draw_span(rng, span);
    const auto down = loses_state ? Trouble::Kind::Crash : Trouble::Kind::Pause;
    const auto up = loses_state ? Trouble::Kind::Restart : Trouble::Kind::Resume;
    plan.add(host_trouble(down, host, outage.begin));
    plan.add(host_trouble(up, host, outage.end));
}

void add_mtu_trouble(TroublePlan& plan, Rng& rng, SegmentId segment, TroubleSpan span) {
    Trouble trouble;
    trouble.kind = Trouble::Kind::Mtu;
    trouble.segment = segment;
    trouble.at = draw_instant(rng, span);
    trouble.mtu = 552 + rng.below(948);
    plan.add(trouble);
}

void add_clock_trouble(TroublePlan& plan, Rng& rng, HostId host, Duration most, TroubleSpan span) {
    Trouble jump = host_trouble(Trouble::Kind::JumpClock, host, draw_instant(rng, span));
    const auto bound = static_cast<std::uint64_t>(most.to_nanoseconds()) + 1;
    jump.amount = Duration::nanoseconds(static_cast<std::int64_t>(rng.below(bound)));
    plan.add(jump);
    const TroubleSpan fast = draw_span(rng, span);
    Trouble begin = host_trouble(Trouble::Kind::FastClock, host, fast.begin);
    begin.parts_per_million = static_cast<std::uint32_t>(rng.below(HostClock::kFastMax + 1));
    plan.add(begin);
    plan.add(host_trouble(Trouble::Kind::FastClock, host, fast.end));
}

}  // namespace shunt::sim
