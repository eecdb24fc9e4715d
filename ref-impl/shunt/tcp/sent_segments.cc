// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/sent_segments.hh"

namespace shunt::tcp {
namespace {

constexpr std::size_t kCapacityInitial = 16;

}  // namespace

void SentSegments::append(SequenceNumber begin, SequenceNumber end, Instant now,
                          bool is_retransmitted) {
    SHUNT_ASSERT(begin.before(end), "a record is of something that takes sequence numbers");
    SHUNT_ASSERT(empty() || back().end == begin, "records leave no gap");
    SHUNT_ASSERT(!is_full(), "the caller asks first");
    if (count_ == capacity_) grow();
    ring_[position(count_)] = {.begin = begin,
                               .end = end,
                               .sent_at = now,
                               .order = take_order(),
                               .is_retransmitted = is_retransmitted,
                               .is_sacked = false,
                               .is_lost = false};
    ++count_;
    total_ += end - begin;
}

void SentSegments::grow() {
    const std::size_t larger = std::max(2 * capacity_, kCapacityInitial);
    auto ring = std::make_unique<SentSegment[]>(larger);
    for (std::size_t i = 0; i < count_; ++i)
        ring[i] = (*this)[i];
    ring_ = std::move(ring);
    capacity_ = larger;
    first_ = 0;
}

void SentSegments::forget_front() {
    if (front().is_sacked) --sacked_count_;
    first_ = position(1);
    --count_;
    if (lost_hint_ > 0) --lost_hint_;
}

std::size_t SentSegments::find(SequenceNumber number) const {
    std::size_t low = 0;
    std::size_t high = count_;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if ((*this)[middle].end.after(number)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

void SentSegments::forget_sacked() {
    for (std::size_t i = 0; i < count_; ++i)
        at(i).is_sacked = false;
    sacked_ = 0;
    sacked_count_ = 0;
}

void SentSegments::mark_lost(std::size_t index) {
    SHUNT_ASSERT(index < count_, "what is lost was sent");
    SentSegment& segment = at(index);
    if (!segment.is_in_flight()) return;
    segment.is_lost = true;
    lost_ += segment.size();
    lost_hint_ = std::min(lost_hint_, index);
}

void SentSegments::mark_all_lost() {
    for (std::size_t i = 0; i < count_; ++i)
        mark_lost(i);
}

void SentSegments::forget_lost() {
    for (std::size_t i = 0; i < count_; ++i)
        at(i).is_lost = false;
    lost_ = 0;
}

std::size_t SentSegments::first_lost() const {
    SHUNT_ASSERT(lost_ > 0, "the caller asks first");
    while (!(*this)[lost_hint_].is_lost)
        ++lost_hint_;
    return lost_hint_;
}

void SentSegments::mark_resent(std::size_t index, Instant now) {
    SentSegment& segment = at(index);
    if (segment.is_lost) {
        segment.is_lost = false;
        lost_ -= segment.size();
    }
    segment.is_retransmitted = true;
    segment.sent_at = now;
    segment.order = take_order();
}

void SentSegments::cut(SequenceNumber edge) {
    const std::size_t index = find(edge);
    if (is_full() || index == count_ || !(*this)[index].begin.before(edge)) return;
    SentSegment behind = (*this)[index];
    at(index).end = edge;
    behind.begin = edge;
    if (behind.is_sacked) ++sacked_count_;
    if (count_ == capacity_) grow();
    ++count_;
    for (std::size_t i = count_ - 1; i > index + 1; --i)
        at(i) = at(i - 1);
    at(index + 1) = behind;
    if (lost_hint_ > index) ++lost_hint_;
}

void SentSegments::clear() {
    count_ = first_ = lost_hint_ = sacked_count_ = 0;
    total_ = sacked_ = lost_ = 0;
}

}  // namespace shunt::tcp
