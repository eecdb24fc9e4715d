// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/out_of_order.hh"

#include <algorithm>

namespace shunt::tcp {

void OutOfOrder::insert(Interval added) {
    const Interval range = absolute(added);
    ranges_.insert(range);
    remember(range.begin);
}

std::uint32_t OutOfOrder::advance(std::uint32_t count) {
    std::uint64_t end = in_order_end_ + count;
    ranges_.erase_below(end);
    if (!ranges_.empty() && ranges_[0].begin == end) {
        end = ranges_[0].end;
        ranges_.erase_below(end);
    }
    const auto advanced = static_cast<std::uint32_t>(end - in_order_end_);
    in_order_end_ = end;
    if (ranges_.empty()) recent_count_ = 0;
    return advanced;
}

void OutOfOrder::remember(std::uint64_t begin) {
    const auto kept = std::remove_if(
        recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(recent_count_),
        [&, changed = ranges_.find(begin)](std::uint64_t other) {
            return other < in_order_end_ || ranges_.find(other) == changed;
        });
    recent_count_ = std::min(static_cast<std::size_t>(kept - recent_.begin()), kReportedMax - 1);
    std::copy_backward(recent_.begin(),
                       recent_.begin() + static_cast<std::ptrdiff_t>(recent_count_),
                       recent_.begin() + static_cast<std::ptrdiff_t>(recent_count_) + 1);
    recent_[0] = begin;
    ++recent_count_;
}

OutOfOrder::Report OutOfOrder::report() const {
    Report report;
    if (ranges_.empty()) return report;
    for (std::size_t i = 0; i < recent_count_; ++i) {
        const auto range = ranges_.find(recent_[i]);
        if (!range) continue;
        const auto end = report.ranges.begin() + static_cast<std::ptrdiff_t>(report.count);
        // Ranges that were two when they were remembered may be one by now.
        if (std::find(report.ranges.begin(), end, relative(*range)) != end) continue;
        report.ranges[report.count++] = relative(*range);
    }
    return report;
}

}  // namespace shunt::tcp
