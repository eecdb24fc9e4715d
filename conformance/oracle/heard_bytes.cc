// SPDX-License-Identifier: Apache-2.0
#include "oracle/heard_bytes.hh"

namespace conform {
namespace {

/// More than any case transfers.
constexpr std::size_t kKeptMax = std::size_t{1} << 20;
/// Further than any window of a case: a device that skips more would have us keep the gap.
constexpr std::size_t kGapMax = std::size_t{1} << 18;

}  // namespace

void HeardBytes::add(std::uint32_t sequence, ByteView text, std::size_t frame) {
    if (text.empty()) return;
    if (!start_) begin(sequence);
    const std::uint32_t place = sequence - *start_;
    if (place + text.size() > kKeptMax || place > bytes_.size() + kGapMax) return;
    if (bytes_.size() < place + text.size()) {
        bytes_.resize(place + text.size());
        frames_.resize(bytes_.size());
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (frames_[place + i] != 0) continue;
        bytes_[place + i] = text[i];
        frames_[place + i] = static_cast<std::uint32_t>(frame + 1);
    }
}

}  // namespace conform
