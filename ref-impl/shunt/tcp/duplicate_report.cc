// SPDX-License-Identifier: Apache-2.0
// What a receiver reports in the SACK option: text that has come twice, once and first (RFC 2883
// 4), then what has come out of order (RFC 2018 4).
#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

/// The first run of `added` that lies in `ranges`.
Interval first_repeated(const OutOfOrder& ranges, Interval added) {
    Interval run = added;
    bool is_found = false;
    ranges.for_each_gap(added, [&](Interval gap) {
        if (is_found) return;
        if (gap.begin == run.begin) {
            run.begin = gap.end;
        } else {
            run.end = gap.begin;
            is_found = true;
        }
    });
    return run;
}

}  // namespace

/// The numbers of `segment` below RCV.NXT, FIN included, have come before.
void Connection::note_old_text(const ArrivingSegment& segment) {
    if (!is_synchronized(state_) || !segment.sequence.before(receive_.next)) return;
    const SequenceNumber end = segment.sequence + segment.length();
    note_duplicate(segment.sequence, end.before(receive_.next) ? end : receive_.next);
}

/// Of [begin, end), which lies behind RCV.NXT, something may have come before.
void Connection::note_repeated_range(SequenceNumber begin, SequenceNumber end) {
    const OutOfOrder* const ranges = receive_buffer_.out_of_order();
    if (ranges == nullptr) return;
    const Interval run = first_repeated(*ranges, {begin - receive_.next, end - receive_.next});
    note_duplicate(receive_.next + static_cast<std::uint32_t>(run.begin),
                   receive_.next + static_cast<std::uint32_t>(run.end));
}

void Connection::note_duplicate(SequenceNumber begin, SequenceNumber end) {
    if (negotiated_.sack_permitted && begin.before(end)) duplicate_ = wire::SackBlock{begin, end};
}

/// Blocks that do not fit are left out, the last first. The block that a duplicate lies in comes
/// second: it is the one that changed last.
void Connection::add_reports(wire::TcpOptions& options) const {
    if (duplicate_) options.add_sack_block(*duplicate_);
    const OutOfOrder* const out_of_order = receive_buffer_.out_of_order();
    if (!negotiated_.sack_permitted || out_of_order == nullptr) return;
    if (is_mutant(Mutant::ReportsNoGaps)) return;
    const OutOfOrder::Report report = out_of_order->report();
    for (std::size_t i = 0; i < report.count; ++i) {
        const Interval& range = report.ranges[i];
        options.add_sack_block({receive_.next + static_cast<std::uint32_t>(range.begin),
                                receive_.next + static_cast<std::uint32_t>(range.end)});
    }
}

}  // namespace shunt::tcp
