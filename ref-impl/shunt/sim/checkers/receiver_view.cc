// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/receiver_view.hh"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::sim {
namespace {

/// Options that timestamps alone fill (RFC 7323 appendix A).
constexpr std::size_t kTimestampsSize = 12;

// Reading options costs more than all else here; only these segments can have a SACK block.
bool may_have_blocks(const wire::TcpView& segment) {
    return segment.header_size() > wire::kTcpHeaderSize + kTimestampsSize;
}

}  // namespace

void ReceiverView::arrived(const wire::TcpView& segment) {
    const wire::TcpFlags flags = segment.flags();
    if (flags.reset) return;
    if (flags.syn && initial_ != segment.sequence()) begin(segment);
    if (!initial_ || segment.segment_length() == 0) return;
    const std::uint64_t first = offset_of(segment.sequence());
    const Interval range{first, first + segment.segment_length()};
    if (range.end <= contiguous_) return;
    if (range.begin <= contiguous_ && beyond_.empty()) {
        contiguous_ = range.end;
        return;
    }
    beyond_.insert({std::max(range.begin, contiguous_), range.end});
    if (const auto next = beyond_.find(contiguous_)) {
        contiguous_ = next->end;
        beyond_.erase_below(contiguous_);
    }
}

// Another number than before: another connection with the same ports.
void ReceiverView::begin(const wire::TcpView& syn) {
    if (initial_) *this = ReceiverView{};
    initial_ = syn.sequence();
    does_peer_scale_ = syn.options().window_scale.has_value();
}

void ReceiverView::begin_own(const wire::TcpView& syn) {
    if (own_initial_ && own_initial_ != syn.sequence()) {
        contiguous_ = 1;  // the peer's SYN
        beyond_.clear();
        edge_ = 0;
    }
    own_initial_ = syn.sequence();
    own_scale_ = syn.options().window_scale;
}

std::optional<Finding> ReceiverView::sent(const wire::TcpView& segment) {
    const wire::TcpFlags flags = segment.flags();
    if (flags.syn) begin_own(segment);
    if (!flags.acknowledgment || flags.reset) return std::nullopt;
    if (!initial_) return Finding{"TCP-1", "an acknowledgment to who has sent nothing"};
    const std::uint64_t acknowledged = offset_of(segment.acknowledgment());
    if (acknowledged > contiguous_) {
        return Finding{"TCP-1", fmt::format("acknowledges {} octets of which {} have come",
                                            acknowledged, contiguous_)};
    }
    if (may_have_blocks(segment)) {
        if (auto finding = check_blocks(segment.options())) return finding;
    }
    return check_edge(acknowledged, segment);
}

std::optional<Finding> ReceiverView::check_blocks(const wire::TcpOptions& options) const {
    for (const wire::SackBlock& block : options.sack_blocks()) {
        const std::uint64_t begin = std::max(offset_of(block.left), contiguous_);
        const std::uint64_t end = offset_of(block.right);
        if (end <= begin || beyond_.covers({begin, end})) continue;
        return Finding{"TCP-2", fmt::format("a SACK block of octets {} to {} has holes",
                                            offset_of(block.left), end)};
    }
    return std::nullopt;
}

std::optional<Finding> ReceiverView::check_edge(std::uint64_t acknowledged,
                                                const wire::TcpView& segment) {
    const bool is_scaled = !segment.flags().syn && own_scale_ && does_peer_scale_;
    const unsigned scale = is_scaled ? *own_scale_ : 0;
    const std::uint64_t edge = acknowledged + (std::uint64_t{segment.window()} << scale);
    const std::uint64_t rounding = (std::uint64_t{1} << scale) - 1;
    // The window of a repeated SYN/ACK is not scaled and cannot say more than 65,535.
    if (edge + rounding < edge_ && !segment.flags().syn) {
        return Finding{"TCP-5", fmt::format("the right edge goes back from {} to {}, shift {}",
                                            edge_, edge, scale)};
    }
    edge_ = std::max(edge_, edge);
    return std::nullopt;
}

std::uint64_t ReceiverView::offset_of(SequenceNumber number) const {
    const SequenceNumber here = *initial_ + static_cast<std::uint32_t>(contiguous_);
    const auto ahead = static_cast<std::int32_t>(number - here);
    const std::int64_t offset = static_cast<std::int64_t>(contiguous_) + ahead;
    return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

}  // namespace shunt::sim
