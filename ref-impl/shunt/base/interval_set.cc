// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/interval_set.hh"

namespace shunt {

std::uint64_t IntervalSet::total() const {
    std::uint64_t sum = 0;
    for (const Interval& interval : intervals_)
        sum += interval.size();
    return sum;
}

std::optional<Interval> IntervalSet::find(std::uint64_t number) const {
    const auto found = first_ending_after(number);
    if (found == intervals_.end() || number < found->begin) return std::nullopt;
    return *found;
}

bool IntervalSet::covers(Interval wanted) const {
    if (wanted.begin >= wanted.end) return true;
    const auto found = find(wanted.begin);
    return found && wanted.end <= found->end;
}

bool IntervalSet::intersects(Interval other) const {
    if (other.begin >= other.end) return false;
    const auto found = first_ending_after(other.begin);
    return found != intervals_.end() && found->begin < other.end;
}

bool IntervalSet::touches(Interval added) const {
    const auto found = std::ranges::lower_bound(intervals_, added.begin, {}, &Interval::end);
    return found != intervals_.end() && found->begin <= added.end;
}

void IntervalSet::insert(Interval added) {
    if (added.begin >= added.end) return;
    // Intervals that only touch the new one are merged too: ends are compared inclusively.
    const auto first = std::ranges::lower_bound(intervals_, added.begin, {}, &Interval::end);
    auto last = first;
    while (last != intervals_.end() && last->begin <= added.end) {
        added.begin = std::min(added.begin, last->begin);
        added.end = std::max(added.end, last->end);
        ++last;
    }
    if (first == last) {
        intervals_.insert(first, added);
        return;
    }
    *first = added;
    intervals_.erase(first + 1, last);
}

void IntervalSet::erase_below(std::uint64_t limit) {
    const auto first_kept = first_ending_after(limit);
    intervals_.erase(intervals_.begin(), first_kept);
    if (!intervals_.empty() && intervals_.front().begin < limit) intervals_.front().begin = limit;
}

void IntervalSet::erase_from(std::uint64_t limit) {
    while (!intervals_.empty() && intervals_.back().begin >= limit)
        intervals_.pop_back();
    if (!intervals_.empty()) intervals_.back().end = std::min(intervals_.back().end, limit);
}

}  // namespace shunt
