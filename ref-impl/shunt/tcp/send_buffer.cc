// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/send_buffer.hh"

#include <algorithm>

namespace shunt::tcp {

void SendBuffer::acknowledge(std::uint32_t count) {
    SHUNT_ASSERT(count <= octets(), "the acknowledgment was checked against SND.MAX");
    if (count > size()) is_fin_acknowledged_ = true;
    bytes_.consume(std::min(count, size()));
    if (bytes_.empty() && bytes_.allocated() > RingBuffer::kKeptMax) bytes_.release();
}

void SendBuffer::discard() {
    bytes_.consume(bytes_.size());
    bytes_.release();
    is_finished_ = true;
    is_fin_acknowledged_ = true;
}

}  // namespace shunt::tcp
