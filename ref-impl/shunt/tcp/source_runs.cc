// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/source_runs.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::tcp {
namespace {

/// Takes the first `count` bytes off `out`.
MutableBytes take(MutableBytes& out, std::size_t count) {
    const MutableBytes taken = out.first(count);
    out = out.subspan(count);
    return taken;
}

}  // namespace

bool SourceRuns::append(const SourceRange& range, std::uint32_t length, std::size_t held_size) {
    SHUNT_ASSERT(length > 0 && length <= range.size, "a run is a part of its source");
    const auto held_between = static_cast<std::uint32_t>(held_size) - held_before_;
    if (continues_last(range, held_between)) {
        runs_.back().length += length;
    } else {
        if (runs_.size() == kRunsMax) return false;
        runs_.push_back({held_between, length, range.offset, range.source});
        held_before_ += held_between;
    }
    size_ += length;
    return true;
}

bool SourceRuns::continues_last(const SourceRange& range, std::uint32_t held_between) const {
    if (runs_.empty() || held_between > 0) return false;
    const Run& last = runs_.back();
    return last.source == range.source && last.offset + last.length == range.offset;
}

void SourceRuns::consume(std::uint32_t count, RingBuffer& held) {
    while (count > 0 && !runs_.empty()) {
        Run& first = runs_.front();
        const std::uint32_t of_held = std::min(count, first.held_before);
        held.consume(of_held);
        first.held_before -= of_held;
        held_before_ -= of_held;
        const std::uint32_t of_run = std::min(count - of_held, first.length);
        first.offset += of_run;
        first.length -= of_run;
        size_ -= of_run;
        count -= of_held + of_run;
        if (first.length == 0) runs_.erase(runs_.begin());
    }
    held.consume(count);
}

void SourceRuns::read(std::uint32_t offset, MutableBytes out, const RingBuffer& held) const {
    std::size_t held_offset = 0;
    for (const Run& run : runs_) {
        if (out.empty()) return;
        if (offset < run.held_before) {
            const std::size_t count = std::min<std::size_t>(out.size(), run.held_before - offset);
            held.read_at(held_offset + offset, take(out, count));
            offset = run.held_before;
        }
        offset -= run.held_before;
        held_offset += run.held_before;
        if (offset < run.length) {
            const std::size_t count = std::min<std::size_t>(out.size(), run.length - offset);
            run.source->read(run.offset + offset, take(out, count));
            offset = run.length;
        }
        offset -= run.length;
    }
    held.read_at(held_offset + offset, out);
}

void SourceRuns::clear() {
    runs_.clear();
    size_ = held_before_ = 0;
}

}  // namespace shunt::tcp
