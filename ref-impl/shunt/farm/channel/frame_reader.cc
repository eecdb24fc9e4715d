// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/frame_reader.hh"

#include <algorithm>

namespace shunt::farm {

Result<std::size_t, Counter> FrameReader::wanted() const {
    if (bytes_.size() < wire::kControlLengthSize) return wire::kControlLengthSize;
    const auto size = wire::ControlFrameView::size_of(bytes_);
    if (size && *size > most_) return Failure{Counter::DropControlFormat};
    // The version is looked at before anything is kept that might not be a frame.
    if (size && bytes_.size() == wire::kControlLengthSize) return wire::kControlLengthSize + 1;
    return size;
}

Result<std::size_t, Counter> FrameReader::take(ByteView bytes) {
    std::size_t taken = 0;
    while (!is_whole_) {
        const auto size = wanted();
        if (!size) return size;
        const std::size_t count = std::min(*size - bytes_.size(), bytes.size() - taken);
        const ByteView part = bytes.subspan(taken, count);
        bytes_.insert(bytes_.end(), part.begin(), part.end());
        taken += count;
        if (bytes_.size() < *size) break;
        if (*size < wire::kControlHeaderSize) continue;  // so far only a part of the header
        const auto frame = wire::ControlFrameView::parse(bytes_);
        if (!frame) return Failure{frame.error()};
        is_whole_ = true;
    }
    return taken;
}

std::optional<wire::ControlFrameView> FrameReader::frame() const {
    if (!is_whole_) return std::nullopt;
    return *wire::ControlFrameView::parse(bytes_);
}

void FrameReader::drop() {
    bytes_.clear();
    if (bytes_.capacity() > kKeptMax) bytes_ = std::vector<std::uint8_t>();
    is_whole_ = false;
}

}  // namespace shunt::farm
