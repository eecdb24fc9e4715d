// SPDX-License-Identifier: Apache-2.0
#include "playback/server_side.hh"

#include <algorithm>

#include "pdu/sequence.hh"

namespace conform {
namespace {

/// More behind a gap is nothing that a device does which heeds a window.
constexpr std::size_t kEarlyMost = std::size_t{16} << 20;

}  // namespace

void ServerSide::hear(const TcpSegment& segment, std::size_t number) {
    if (segment.has(tcp_flag::kRst)) {
        if (!reset_) reset_ = number;
        return;
    }
    if (segment.has(tcp_flag::kSyn) && !syn_ack_) {
        syn_ack_ = segment;
        syn_ack_number_ = number;
    }
    if (!syn_ack_) return;
    if (segment.timestamps) timestamp_ = segment.timestamps->value;
    if (segment.has(tcp_flag::kAck)) hear_acknowledgment(segment, number);
    if (!segment.has(tcp_flag::kSyn)) hear_text(segment, number);
}

void ServerSide::hear_acknowledgment(const TcpSegment& segment, std::size_t number) {
    if (sequence_before(segment.acknowledgment, client_start_)) return;
    const std::uint32_t acknowledged = segment.acknowledgment - client_start_;
    if (acknowledged > acknowledged_) {
        acknowledged_ = acknowledged;
        acknowledged_number_ = number;
    }
    const unsigned scale = segment.has(tcp_flag::kSyn)
                               ? 0
                               : std::min<unsigned>(syn_ack_->window_scale.value_or(0), 14);
    const std::uint32_t edge = acknowledged + (std::uint32_t{segment.window} << scale);
    window_edge_ = std::max(window_edge_, edge);
}

void ServerSide::hear_text(const TcpSegment& segment, std::size_t number) {
    const std::int32_t behind = sequence_distance(start() + 1, segment.sequence);
    const auto place = static_cast<std::int64_t>(behind);
    if (segment.has(tcp_flag::kFin) && place >= 0 && !fin_at_) {
        fin_at_ = static_cast<std::size_t>(place) + segment.payload.size();
        fin_number_ = number;
    }
    // A keep-alive's byte before the first.
    if (segment.payload.empty() || place < 0) return;
    const auto offset = static_cast<std::size_t>(place);
    if (offset + segment.payload.size() <= text_.size()) return;
    if (early_size_ + segment.payload.size() > kEarlyMost) return;
    early_.emplace(offset, Piece{segment.payload, number});
    early_size_ += segment.payload.size();
    while (!early_.empty() && early_.begin()->first <= text_.size()) {
        const auto first = early_.begin();
        const Piece& piece = first->second;
        early_size_ -= piece.bytes.size();
        const std::size_t known = text_.size() - first->first;
        if (known < piece.bytes.size()) {
            numbers_.emplace_back(text_.size(), piece.number);
            append(text_, ByteView(piece.bytes).subspan(known));
        }
        early_.erase(first);
    }
}

std::size_t ServerSide::number_of(std::size_t offset) const {
    const auto behind =
        std::upper_bound(numbers_.begin(), numbers_.end(), offset,
                         [](std::size_t wanted, const auto& each) { return wanted < each.first; });
    return behind == numbers_.begin() ? syn_ack_number_ : std::prev(behind)->second;
}

}  // namespace conform
