// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/ring_buffer.hh"

#include <algorithm>
#include <bit>
#include <cstring>

namespace shunt {
namespace {

// A request and its answer's head fit without growing.
constexpr std::size_t kCapacityMin = 2'048;

}  // namespace

std::size_t RingBuffer::append(ByteView content) {
    const std::size_t taken = std::min<std::size_t>(content.size(), free());
    write_at(size_, content.first(taken));
    size_ += static_cast<std::uint32_t>(taken);
    return taken;
}

void RingBuffer::write_at(std::size_t offset, ByteView content) {
    if (content.empty()) return;
    SHUNT_ASSERT(offset <= size_max_ && content.size() <= size_max_ - offset,
                 "every queue has a limit");
    reserve(offset + content.size());
    const std::size_t start = position(offset);
    const std::size_t until_wrap = std::min<std::size_t>(content.size(), capacity_ - start);
    std::memcpy(storage_.get() + start, content.data(), until_wrap);
    if (until_wrap == content.size()) return;
    std::memcpy(storage_.get(), content.data() + until_wrap, content.size() - until_wrap);
}

MutableBytes RingBuffer::room(std::size_t most) {
    const std::size_t wanted = std::min<std::size_t>(most, free());
    if (wanted == 0) return {};
    reserve(size_ + wanted);
    const std::size_t start = position(size_);
    return {storage_.get() + start, std::min<std::size_t>(wanted, capacity_ - start)};
}

void RingBuffer::extend(std::size_t count) {
    SHUNT_ASSERT(size_ + count <= std::min(capacity_, size_max_), "only written bytes join");
    size_ += static_cast<std::uint32_t>(count);
}

void RingBuffer::read_at(std::size_t offset, MutableBytes out) const {
    SHUNT_ASSERT(offset <= size_ && out.size() <= size_ - offset, "only queued bytes are read");
    read_written(offset, out);
}

void RingBuffer::read_written(std::size_t offset, MutableBytes out) const {
    if (out.empty()) return;
    SHUNT_ASSERT(offset <= capacity_ && out.size() <= capacity_ - offset,
                 "what was written lies in the ring");
    const std::size_t start = position(offset);
    const std::size_t until_wrap = std::min(out.size(), capacity_ - start);
    std::memcpy(out.data(), storage_.get() + start, until_wrap);
    if (until_wrap == out.size()) return;
    std::memcpy(out.data() + until_wrap, storage_.get(), out.size() - until_wrap);
}

ByteView RingBuffer::front() const {
    if (size_ == 0) return {};
    return {storage_.get() + begin_, std::size_t{std::min(size_, capacity_ - begin_)}};
}

void RingBuffer::consume(std::size_t count) {
    SHUNT_ASSERT(count <= size_, "only queued bytes are consumed");
    if (count == 0) return;
    begin_ = static_cast<std::uint32_t>(position(count));
    size_ -= static_cast<std::uint32_t>(count);
}

void RingBuffer::release() {
    SHUNT_ASSERT(size_ == 0, "memory with queued bytes is kept");
    storage_.reset();
    capacity_ = 0;
    begin_ = 0;
}

void RingBuffer::reserve(std::size_t needed) {
    if (needed <= capacity_) return;
    const std::size_t capacity = std::max(std::bit_ceil(needed), kCapacityMin);
    auto storage = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
    // All of the old ring moves, not only the queue: bytes written ahead must survive.
    if (capacity_ > 0) {
        const std::size_t until_wrap = capacity_ - begin_;
        std::memcpy(storage.get(), storage_.get() + begin_, until_wrap);
        std::memcpy(storage.get() + until_wrap, storage_.get(), begin_);
    }
    storage_ = std::move(storage);
    capacity_ = static_cast<std::uint32_t>(capacity);
    begin_ = 0;
}

}  // namespace shunt
