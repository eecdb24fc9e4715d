// SPDX-License-Identifier: Apache-2.0
// A byte queue in a ring that is allocated on first use and grows by doubling up to a bound. Bytes
// may be written ahead of the end and become part of the queue later, so that one storage holds
// what is in order and what waits for a gap to be filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "shunt/base/assert.hh"
#include "shunt/base/bytes.hh"

namespace shunt {

/// Move-only. Offsets count bytes from the front of the queue.
class RingBuffer {
  public:
    static constexpr std::size_t kSizeMax = std::size_t{1} << 31;
    /// More memory than this is not worth keeping in an empty queue.
    static constexpr std::size_t kKeptMax = 256 * 1'024;

    /// Nothing is allocated before the first byte. `size_max` bounds the queue, in bytes, and the
    /// furthest offset that write_at() reaches.
    explicit RingBuffer(std::size_t size_max) : size_max_(static_cast<std::uint32_t>(size_max)) {
        SHUNT_ASSERT(size_max <= kSizeMax, "positions are 32 bits");
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::size_t size_max() const { return size_max_; }
    /// Bytes that append() would still take.
    std::size_t free() const { return size_max_ - size_; }
    /// Bytes of memory held now.
    std::size_t allocated() const { return capacity_; }

    /// Takes what fits and returns how many bytes that was.
    std::size_t append(ByteView content);
    /// Writes past the end too (offset + size <= size_max()); size() stays as it is.
    void write_at(std::size_t offset, ByteView content);
    /// Contiguous room behind the end, `most` bytes at most, to be written and then extend()ed by;
    /// empty only if the queue is full or nothing is wanted.
    MutableBytes room(std::size_t most);
    /// Makes `count` bytes behind the end, which write_at() has written, part of the queue.
    void extend(std::size_t count);
    /// Copies the bytes at `offset` (offset + out.size() <= size()).
    void read_at(std::size_t offset, MutableBytes out) const;
    /// The same for bytes that write_at() has written and that may lie past the end.
    void read_written(std::size_t offset, MutableBytes out) const;
    /// The longest contiguous run at the front; empty only if the queue is.
    ByteView front() const;
    /// Drops `count` bytes at the front.
    void consume(std::size_t count);
    /// Gives the memory back. The queue is empty, and what was written ahead is forgotten.
    void release();

  private:
    void reserve(std::size_t needed);
    std::size_t position(std::size_t offset) const { return (begin_ + offset) & (capacity_ - 1); }

    // 32 bits each: a host has two of these for every connection.
    std::unique_ptr<std::uint8_t[]> storage_;
    std::uint32_t capacity_ = 0;  // zero or a power of two
    std::uint32_t begin_ = 0;
    std::uint32_t size_ = 0;
    std::uint32_t size_max_;
};

}  // namespace shunt
