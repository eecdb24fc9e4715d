// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/undo.hh"

#include <algorithm>

namespace shunt::tcp {

void Undo::on_resent(const SentSegment& segment) {
    if (!first_resent_at_) {
        first_resent_at_ = segment.sent_at;
        begin_ = segment.begin;
        end_ = segment.end;
    }
    if (segment.begin.before(begin_)) begin_ = segment.begin;
    if (segment.end.after(end_)) end_ = segment.end;
    unreported_ += segment.size();
}

bool Undo::on_progress(const Evidence& evidence, bool is_front_repeated) {
    if (!first_resent_at_ || is_answered_) return false;
    is_answered_ = true;
    return is_front_repeated && evidence.is_older_than(*first_resent_at_);
}

bool Undo::on_duplicate(const wire::SackBlock& block) {
    // The network repeats segments too, but hardly the ones that were repeated here.
    if (block.left.before(begin_) || block.right.after(end_) || unreported_ == 0) return false;
    unreported_ -= std::min(unreported_, block.right - block.left);
    return unreported_ == 0;
}

}  // namespace shunt::tcp
