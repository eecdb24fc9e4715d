// SPDX-License-Identifier: Apache-2.0
// Where a frame behind a vnet header is read to, whose length nobody knows before: a packet of the
// ordinary size, and behind that the tail of a large one.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>

#include "shunt/base/packet.hh"
#include "shunt/runtime/vnet_header.hh"

namespace shunt::runtime {

class FrameBuffer {
  public:
    static constexpr std::size_t kFrameMax = Packet::kLargeCapacity;

    /// The pool outlives the buffer.
    explicit FrameBuffer(PacketPool& pool) : pool_(pool), large_(pool.take_large()) {}

    /// For readv() and recvmsg(): header, then the frame. The pointers are good until take().
    std::array<iovec, 3> parts(VnetHeaderBytes& header);
    /// The frame of `length` bytes that was read into parts(). Almost every one fits the ordinary
    /// packet; of one that does not, the front is copied to where the rest is.
    Packet take(std::size_t length);

  private:
    PacketPool& pool_;
    Packet ordinary_;
    Packet large_;
};

}  // namespace shunt::runtime
