// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/receive_buffer.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"

namespace shunt::tcp {
namespace {

/// A defect: as if what is missing in front of `added` had come too.
Interval without_gap(const OutOfOrder& ranges, Interval added) {
    const Interval last = ranges.range(ranges.count() - 1);
    return {std::min(last.end, added.begin), added.end};
}

}  // namespace

ReceiveBuffer::Insertion ReceiveBuffer::insert(std::uint32_t offset, ByteView text) {
    Insertion insertion;
    if (offset >= bytes_.free()) return {.advanced = 0, .is_complete = text.empty()};
    if (text.size() > bytes_.free() - offset) {
        text = text.first(bytes_.free() - offset);
        insertion.is_complete = false;
    }
    if (text.empty()) return insertion;
    if (offset == 0 && !has_ranges()) {
        bytes_.append(text);
        insertion.advanced = static_cast<std::uint32_t>(text.size());
        return insertion;
    }
    if (!out_of_order_) out_of_order_ = std::make_unique<OutOfOrder>();
    const Interval added{offset, offset + text.size()};
    const bool has_room = fits(added) || is_mutant(Mutant::ClosesGapsUnseen);
    if (offset > 0 && (!has_room || is_mutant(Mutant::KeepsNothingOutOfOrder)))
        return {.advanced = 0, .is_complete = false};
    if (is_mutant(Mutant::MixesOverlaps)) bytes_.write_at(bytes_.size() + offset, text);
    out_of_order_->for_each_gap(added, [&](Interval gap) {
        bytes_.write_at(bytes_.size() + static_cast<std::size_t>(gap.begin),
                        text.subspan(gap.begin - added.begin, gap.size()));
    });
    if (offset > 0) {
        const bool is_unseen = is_mutant(Mutant::ClosesGapsUnseen) && !fits(added);
        out_of_order_->insert(is_unseen ? without_gap(*out_of_order_, added) : added);
        return insertion;
    }
    insertion.advanced = out_of_order_->advance(static_cast<std::uint32_t>(text.size()));
    bytes_.extend(insertion.advanced);
    return insertion;
}

bool ReceiveBuffer::fits(Interval added) const {
    return out_of_order_->count() < ranges_max_ || out_of_order_->touches(added);
}

void ReceiveBuffer::open_window(std::uint64_t wanted) {
    const std::uint64_t bounded = std::min<std::uint64_t>(wanted, window_max_);
    window_limit_ = std::max(window_limit_, static_cast<std::uint32_t>(bounded));
}

void ReceiveBuffer::discard() {
    bytes_.consume(bytes_.size());
    bytes_.release();
    out_of_order_.reset();
}

void ReceiveBuffer::release_memory() {
    if (!bytes_.empty() || has_ranges()) return;
    bytes_.release();
    out_of_order_.reset();
}

}  // namespace shunt::tcp
