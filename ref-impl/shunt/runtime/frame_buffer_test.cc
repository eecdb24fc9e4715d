// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/frame_buffer.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace shunt::runtime {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// As a system call fills what it is given, one part after the other.
void fill(const std::array<iovec, 3>& parts, const Bytes& bytes) {
    std::size_t done = 0;
    for (const iovec& part : parts) {
        const std::size_t count = std::min(part.iov_len, bytes.size() - done);
        std::memcpy(part.iov_base, bytes.data() + done, count);
        done += count;
    }
    EXPECT_EQ(done, bytes.size());
}

TEST(FrameBuffer, HandsOverAFrameOfAnyLength) {
    PacketPool pool;
    FrameBuffer buffer(pool);
    for (const std::size_t length :
         {std::size_t{60}, Packet::kCapacity - 1, Packet::kCapacity, Packet::kCapacity + 1,
          std::size_t{60}, FrameBuffer::kFrameMax - 1, FrameBuffer::kFrameMax, std::size_t{1}}) {
        Bytes read(kVnetHeaderSize + length);
        for (std::size_t i = 0; i < read.size(); ++i)
            read[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
        VnetHeaderBytes header{};
        fill(buffer.parts(header), read);
        EXPECT_TRUE(std::ranges::equal(header, ByteView(read).first(kVnetHeaderSize)));
        const Packet frame = buffer.take(length);
        EXPECT_TRUE(std::ranges::equal(frame.bytes(), ByteView(read).subspan(kVnetHeaderSize)))
            << length;
        EXPECT_EQ(frame.headroom(), Packet::kHeadroom);
    }
}

TEST(FrameBuffer, NothingReadIsReadInto) {
    PacketPool pool;
    FrameBuffer buffer(pool);
    VnetHeaderBytes header{};
    const auto once = buffer.parts(header);
    const auto again = buffer.parts(header);
    for (std::size_t i = 0; i < once.size(); ++i) {
        EXPECT_EQ(once[i].iov_base, again[i].iov_base);
        EXPECT_EQ(once[i].iov_len, again[i].iov_len);
    }
    EXPECT_EQ(once[1].iov_len + once[2].iov_len, FrameBuffer::kFrameMax);
}

}  // namespace
}  // namespace shunt::runtime
