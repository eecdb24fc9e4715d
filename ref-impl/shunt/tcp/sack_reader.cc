// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/sack_reader.hh"

#include <algorithm>

namespace shunt::tcp {
namespace {

bool lies_within(const wire::SackBlock& inner, const wire::SackBlock& outer) {
    return inner.left.at_or_after(outer.left) && inner.right.at_or_before(outer.right);
}

bool overlap(const wire::SackBlock& one, const wire::SackBlock& other) {
    return one.left.before(other.right) && other.left.before(one.right);
}

/// RFC 2883 4: the first block, below the acknowledgment or inside of the second block.
bool is_duplicate_report(std::span<const wire::SackBlock> blocks, SequenceNumber unacknowledged) {
    if (blocks[0].right.at_or_before(unacknowledged)) return true;
    return blocks.size() > 1 && lies_within(blocks[0], blocks[1]);
}

}  // namespace

SackReader::Report SackReader::read(std::span<const wire::SackBlock> blocks,
                                    SequenceNumber unacknowledged, SequenceNumber maximum) {
    Report report;
    std::array<wire::SackBlock, wire::TcpOptions::kSackBlocksMax> credible{};
    std::size_t credible_count = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const wire::SackBlock& block = blocks[i];
        if (!block.left.before(block.right) || block.right.after(maximum)) continue;
        if (i == 0 && is_duplicate_report(blocks, unacknowledged)) {
            report.has_duplicate = true;
            report.duplicate = block;
            continue;
        }
        if (!block.left.after(unacknowledged)) continue;
        add_news(report, block);
        credible[credible_count++] = block;
    }
    // In the order of sending, lest one acknowledgment look like reordering (RFC 8985 6.2 step 3).
    std::sort(report.news.begin(), report.news.begin() + static_cast<std::ptrdiff_t>(report.count),
              [](const News& one, const News& other) { return one.from.before(other.from); });
    seen_ = credible;
    seen_count_ = credible_count;
    return report;
}

void SackReader::add_news(Report& report, const wire::SackBlock& block) const {
    const auto end = seen_.begin() + static_cast<std::ptrdiff_t>(seen_count_);
    const auto seen = std::find_if(seen_.begin(), end, [&block](const wire::SackBlock& other) {
        return overlap(block, other);
    });
    if (seen == end) {
        report.news[report.count++] = {block, block.left, block.right};
        return;
    }
    if (block.left.before(seen->left)) {
        report.news[report.count++] = {block, block.left, seen->left};
    }
    if (block.right.after(seen->right)) {
        report.news[report.count++] = {block, seen->right, block.right};
    }
}

}  // namespace shunt::tcp
