// SPDX-License-Identifier: Apache-2.0
#include "pdu/control_stream.hh"

namespace conform {
namespace {

/// More than a capture has; of what comes from elsewhere the rest is left out.
constexpr std::size_t kDirectionsMax = 4'096;
constexpr std::size_t kAheadMax = 65'536;

}  // namespace

bool is_of_control_channel(const TcpSegment& segment) {
    return segment.source.port == kControlPort || segment.destination.port == kControlPort;
}

std::vector<ControlFrame> ControlStreams::add(const Frame& frame) {
    std::vector<ControlFrame> frames;
    if (!frame.ipv4 || !frame.ipv4->tcp || !frame.faults.empty()) return frames;
    const TcpSegment& segment = *frame.ipv4->tcp;
    if (!is_of_control_channel(segment)) return frames;
    const std::pair key{segment.source, segment.destination};
    if (segment.has(tcp_flag::kSyn) && directions_.size() < kDirectionsMax) {
        Direction fresh;
        fresh.first = segment.sequence + 1;
        directions_[key] = std::move(fresh);
    }
    const auto found = directions_.find(key);
    if (found == directions_.end() || segment.payload.empty()) return frames;
    Direction& direction = found->second;
    const std::uint32_t begin =
        segment.sequence + (segment.has(tcp_flag::kSyn) ? 1 : 0) - direction.first;
    // A stream of this length goes round no number space; what is far ahead is no part of it.
    if (direction.ahead.size() < kAheadMax) direction.ahead.emplace(begin, segment.payload);
    for (auto next = direction.ahead.begin();
         next != direction.ahead.end() && next->first <= direction.next;
         next = direction.ahead.erase(next)) {
        const std::size_t known = direction.next - next->first;
        if (known >= next->second.size()) continue;
        const ByteView fresh = ByteView(next->second).subspan(known);
        direction.reader.add(fresh);
        direction.next += static_cast<std::uint32_t>(fresh.size());
    }
    while (std::optional<ControlFrame> whole = direction.reader.next())
        frames.push_back(std::move(*whole));
    return frames;
}

}  // namespace conform
