// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/receive_buffer.hh"

#include <algorithm>

namespace shunt::tcp {

ReceiveBuffer::Insertion ReceiveBuffer::insert(std::uint32_t offset, ByteView text) {
    Insertion insertion;
    if (offset >= bytes_.free()) return {.advanced = 0, .is_complete = text.empty()};
    if (text.size() > bytes_.free() - offset) {
        text = text.first(bytes_.free() - offset);
        insertion.is_complete = false;
    }
    if (text.empty()) return insertion;
    if (offset == 0 && ranges_.empty()) {
        bytes_.append(text);
        in_order_end_ += text.size();
        open_window(text.size());
        insertion.advanced = static_cast<std::uint32_t>(text.size());
        return insertion;
    }
    const Interval added{in_order_end_ + offset, in_order_end_ + offset + text.size()};
    if (offset > 0 && !fits(added)) return {.advanced = 0, .is_complete = false};
    ranges_.for_each_gap(added, [&](Interval gap) {
        bytes_.write_at(bytes_.size() + static_cast<std::size_t>(gap.begin - in_order_end_),
                        text.subspan(gap.begin - added.begin, gap.size()));
    });
    ranges_.insert(added);
    if (offset == 0) {
        insertion.advanced = advance();
    } else {
        remember(added.begin);
    }
    return insertion;
}

bool ReceiveBuffer::fits(Interval added) const {
    return ranges_.count() < ranges_max_ || ranges_.touches(added);
}

std::uint32_t ReceiveBuffer::advance() {
    const std::uint64_t end = ranges_[0].end;
    const auto advanced = static_cast<std::uint32_t>(end - in_order_end_);
    bytes_.extend(advanced);
    in_order_end_ = end;
    ranges_.erase_below(end);
    open_window(advanced);
    return advanced;
}

// Twice what came, so that the window stays ahead of a sender that doubles its own.
void ReceiveBuffer::open_window(std::size_t received) {
    window_limit_ = std::min(window_max_, window_limit_ + 2 * received);
}

void ReceiveBuffer::restore_window(std::size_t promised) {
    window_limit_ = std::min(window_max_, std::max(window_limit_, promised));
}

void ReceiveBuffer::remember(std::uint64_t begin) {
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

ReceiveBuffer::Report ReceiveBuffer::report() const {
    Report report;
    if (ranges_.empty()) return report;
    for (std::size_t i = 0; i < recent_count_; ++i) {
        const auto range = ranges_.find(recent_[i]);
        if (!range) continue;
        const Interval relative{range->begin - in_order_end_, range->end - in_order_end_};
        const auto end = report.ranges.begin() + static_cast<std::ptrdiff_t>(report.count);
        // Ranges that were two when they were remembered may be one by now.
        if (std::find(report.ranges.begin(), end, relative) != end) continue;
        report.ranges[report.count++] = relative;
    }
    return report;
}

void ReceiveBuffer::discard() {
    bytes_.consume(bytes_.size());
    bytes_.release();
    ranges_.release();
    recent_count_ = 0;
}

void ReceiveBuffer::release_memory() {
    if (!bytes_.empty() || !ranges_.empty()) return;
    bytes_.release();
    ranges_.release();
}

}  // namespace shunt::tcp
