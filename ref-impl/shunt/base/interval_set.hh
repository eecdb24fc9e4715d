// SPDX-License-Identifier: Apache-2.0
// A set of numbers kept as ordered, disjoint, non-touching intervals: which bytes of a stream or
// of a datagram are there. Lookups are binary searches; the caller bounds how many intervals.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace shunt {

/// The numbers from `begin` up to, but not including, `end`.
struct Interval {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
    bool operator==(const Interval&) const = default;
};

class IntervalSet {
  public:
    bool empty() const { return intervals_.empty(); }
    /// Number of intervals.
    std::size_t count() const { return intervals_.size(); }
    /// Number of members.
    std::uint64_t total() const;
    const Interval& operator[](std::size_t index) const { return intervals_[index]; }
    auto begin() const { return intervals_.begin(); }
    auto end() const { return intervals_.end(); }

    /// The interval that `number` belongs to.
    std::optional<Interval> find(std::uint64_t number) const;
    bool contains(std::uint64_t number) const { return find(number).has_value(); }
    /// True if every number of `wanted` is a member; an empty interval always is.
    bool covers(Interval wanted) const;
    /// True if a number of `other` is a member.
    bool intersects(Interval other) const;
    /// True if insert(added) would not make more intervals than there are: it touches one.
    bool touches(Interval added) const;

    void insert(Interval added);
    /// Removes every member below `limit`.
    void erase_below(std::uint64_t limit);
    /// Removes every member from `limit` on.
    void erase_from(std::uint64_t limit);
    void clear() { intervals_.clear(); }
    /// Gives the memory back too.
    void release() { std::vector<Interval>().swap(intervals_); }

    /// Calls `visit(Interval)` for each maximal part of `range` that is not in the set, in order.
    template <typename Visit>
    void for_each_gap(Interval range, Visit&& visit) const {
        std::uint64_t from = range.begin;
        for (auto next = first_ending_after(range.begin);
             next != intervals_.end() && next->begin < range.end; ++next) {
            if (from < next->begin) visit(Interval{from, next->begin});
            from = next->end;
        }
        if (from < range.end) visit(Interval{from, range.end});
    }

  private:
    std::vector<Interval>::const_iterator first_ending_after(std::uint64_t number) const {
        return std::ranges::upper_bound(intervals_, number, {}, &Interval::end);
    }
    std::vector<Interval> intervals_;
};

}  // namespace shunt
