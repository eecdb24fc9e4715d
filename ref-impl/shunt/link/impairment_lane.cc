// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/impairment_lane.hh"

#include <algorithm>
#include <utility>

namespace shunt::link {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

bool is_named(const std::vector<std::uint64_t>& numbers, std::uint64_t number) {
    return std::ranges::find(numbers, number) != numbers.end();
}

FaultPlan chances_of(const ImpairmentPlan& plan) {
    return {.loss = plan.loss, .duplication = plan.repetition, .corruption = plan.corruption};
}

}  // namespace

ImpairmentLane::ImpairmentLane(const ImpairmentPlan& plan, Rng rng, PacketPool& pool,
                               const SegmentInspector& inspector)
    : plan_(plan),
      rng_(rng),
      faults_(chances_of(plan_), rng_.fork(), pool),
      inspector_(inspector) {}

void ImpairmentLane::push(Packet frame, Instant now) {
    ++counts_.arrived;
    const bool has_text = inspector_.has_text(frame.bytes());
    if (has_text) ++counts_.with_text;
    if (has_text && is_named(plan_.dropped, counts_.with_text)) {
        ++counts_.dropped;
        return;
    }
    const bool is_held = has_text && is_named(plan_.held, counts_.with_text);
    faults_.push(std::move(frame));
    while (std::optional<Packet> next = faults_.pop())
        send(std::move(*next), is_held, now);
}

void ImpairmentLane::send(Packet frame, bool is_held, Instant now) {
    if (rng_.chance(plan_.marking) && inspector_.mark_congestion(frame)) ++counts_.marked;
    const bool is_late = rng_.chance(plan_.late) || is_held;
    const auto spread = static_cast<std::uint64_t>(plan_.jitter.to_nanoseconds()) + 1;
    const auto jitter = static_cast<std::int64_t>(rng_.below(spread));
    const std::optional<Instant> left = leave(frame.size(), now);
    if (!left || under_way_.size() == kUnderWayMax) {
        ++counts_.overflowed;
        return;
    }
    Instant due = *left + plan_.delay + Duration::nanoseconds(jitter);
    if (is_late) {
        ++counts_.late;
        due = due + plan_.late_by;
    }
    under_way_.push_back({due, sent_++, std::move(frame)});
    std::push_heap(under_way_.begin(), under_way_.end(), is_later);
}

/// When the frame's last bit has left the queue; nothing if there was no room in it.
std::optional<Instant> ImpairmentLane::leave(std::size_t size, Instant now) {
    if (plan_.rate == 0) return now;
    while (!leaving_.empty() && leaving_.front() <= now)
        leaving_.pop_front();
    if (leaving_.size() >= plan_.queue) return std::nullopt;
    const std::uint64_t nanoseconds = size * 8 * kNanosecondsPerSecond / plan_.rate;
    is_free_at_ =
        std::max(is_free_at_, now) + Duration::nanoseconds(static_cast<std::int64_t>(nanoseconds));
    leaving_.push_back(is_free_at_);
    return is_free_at_;
}

std::optional<Packet> ImpairmentLane::pop(Instant now) {
    if (under_way_.empty() || under_way_.front().due > now) return std::nullopt;
    std::pop_heap(under_way_.begin(), under_way_.end(), is_later);
    Packet frame = std::move(under_way_.back().frame);
    under_way_.pop_back();
    ++counts_.delivered;
    return frame;
}

std::optional<Instant> ImpairmentLane::poll_deadline() const {
    if (under_way_.empty()) return std::nullopt;
    return under_way_.front().due;
}

ImpairmentCounts ImpairmentLane::counts() const {
    ImpairmentCounts counts = counts_;
    counts.lost = faults_.counts().lost;
    counts.repeated = faults_.counts().duplicated;
    counts.corrupted = faults_.counts().corrupted;
    return counts;
}

bool ImpairmentLane::is_later(const UnderWay& a, const UnderWay& b) {
    return a.due != b.due ? a.due > b.due : a.number > b.number;
}

}  // namespace shunt::link
