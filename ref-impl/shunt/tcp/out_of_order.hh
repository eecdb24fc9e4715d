// SPDX-License-Identifier: Apache-2.0
// Which ranges of the peer's stream have come before their turn, and which of them to report first
// (RFC 2018 4). The bytes themselves lie in the receive buffer's ring.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shunt/base/interval_set.hh"

namespace shunt::tcp {

/// Offsets count bytes from the in-order end (RCV.NXT). Every lookup is a binary search over a
/// bounded number of ranges (TCP-9; CVE-2018-5390).
class OutOfOrder {
  public:
    /// RFC 2018 3: as many blocks as an option holds.
    static constexpr std::size_t kReportedMax = 4;

    struct Report {
        std::array<Interval, kReportedMax> ranges{};
        std::size_t count = 0;
    };

    bool empty() const { return ranges_.empty(); }
    /// Ranges, and bytes in them.
    std::size_t count() const { return ranges_.count(); }
    std::uint64_t total() const { return ranges_.total(); }
    /// The index-th range from the front.
    Interval range(std::size_t index) const { return relative(ranges_[index]); }
    /// True if insert(added) makes no more ranges than there are.
    bool touches(Interval added) const { return ranges_.touches(absolute(added)); }
    /// Calls `visit(Interval)` for each part of `added` that has not come, in order.
    template <typename Visit>
    void for_each_gap(Interval added, Visit&& visit) const {
        ranges_.for_each_gap(absolute(added), [&](Interval gap) { visit(relative(gap)); });
    }

    void insert(Interval added);
    /// The in-order end moves by `count` bytes, and over the range that begins there: returns by
    /// how much in all.
    std::uint32_t advance(std::uint32_t count);
    /// Forgets what lies at `offset` and behind it.
    void cut(std::uint64_t offset) { ranges_.erase_from(in_order_end_ + offset); }
    /// The ranges that changed last, the very last one first.
    Report report() const;

  private:
    Interval absolute(Interval range) const {
        return {in_order_end_ + range.begin, in_order_end_ + range.end};
    }
    Interval relative(Interval range) const {
        return {range.begin - in_order_end_, range.end - in_order_end_};
    }
    void remember(std::uint64_t begin);

    // Numbers count bytes since this was made, and do not wrap.
    IntervalSet ranges_;
    std::uint64_t in_order_end_ = 0;
    // A number in each of the ranges that changed last.
    std::array<std::uint64_t, kReportedMax> recent_{};
    std::size_t recent_count_ = 0;
};

}  // namespace shunt::tcp
