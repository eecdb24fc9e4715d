// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/send_buffer.hh"

#include <algorithm>

namespace shunt::tcp {

std::size_t SendBuffer::append(const SourceRange& range) {
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(range.size, free()));
    if (count == 0) return 0;
    if (!runs_) runs_ = std::make_unique<SourceRuns>();
    return runs_->append(range, count, bytes_.size()) ? count : 0;
}

void SendBuffer::acknowledge(std::uint32_t count) {
    SHUNT_ASSERT(count <= octets(), "the acknowledgment was checked against SND.MAX");
    if (count > size()) is_fin_acknowledged_ = true;
    const std::uint32_t bytes = std::min(count, size());
    if (runs_) {
        runs_->consume(bytes, bytes_);
    } else {
        bytes_.consume(bytes);
    }
    if (bytes_.empty() && bytes_.allocated() > RingBuffer::kKeptMax) bytes_.release();
}

void SendBuffer::discard() {
    runs_.reset();
    bytes_.consume(bytes_.size());
    bytes_.release();
    is_finished_ = true;
    is_fin_acknowledged_ = true;
}

void SendBuffer::release_memory() {
    if (size() > 0) return;
    runs_.reset();
    bytes_.release();
}

}  // namespace shunt::tcp
