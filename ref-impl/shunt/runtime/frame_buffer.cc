// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/frame_buffer.hh"

#include <cstring>
#include <utility>

namespace shunt::runtime {

std::array<iovec, 3> FrameBuffer::parts(VnetHeaderBytes& header) {
    if (ordinary_.headroom() == 0) ordinary_ = pool_.take();  // it was given away
    ordinary_.clear();
    large_.clear();
    const MutableBytes first = ordinary_.append(ordinary_.tailroom());
    const MutableBytes rest = large_.append(large_.tailroom()).subspan(first.size());
    return {
        {{header.data(), header.size()}, {first.data(), first.size()}, {rest.data(), rest.size()}}};
}

Packet FrameBuffer::take(std::size_t length) {
    if (length <= ordinary_.size()) {
        ordinary_.trim_back(ordinary_.size() - length);
        return std::exchange(ordinary_, Packet());
    }
    std::memcpy(large_.mutable_bytes().data(), ordinary_.bytes().data(), ordinary_.size());
    large_.trim_back(large_.size() - length);
    return std::exchange(large_, pool_.take_large());
}

}  // namespace shunt::runtime
