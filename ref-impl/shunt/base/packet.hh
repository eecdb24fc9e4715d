// SPDX-License-Identifier: Apache-2.0
// An owned buffer with room in front, so that headers, encapsulation too, are prepended in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "shunt/base/assert.hh"
#include "shunt/base/bytes.hh"

namespace shunt {

class PacketPool;

/// Move-only. Its storage goes back to the pool when it dies; the pool outlives its packets.
class Packet {
  public:
    /// Room in front of a fresh packet: Ethernet 14, encapsulation 16, UDP/IPv4 28, IPv4 and TCP
    /// with all options 120, rounded up.
    static constexpr std::size_t kHeadroom = 192;
    /// Largest content of a pooled packet: a 9,000 byte jumbo frame and a trailer fit.
    static constexpr std::size_t kCapacity = 9'216;

    Packet() = default;
    Packet(Packet&& other) noexcept;
    Packet& operator=(Packet&& other) noexcept;
    Packet(const Packet&) = delete;
    Packet& operator=(const Packet&) = delete;
    ~Packet();

    ByteView bytes() const { return {storage_.get() + begin_, size()}; }
    MutableBytes mutable_bytes() { return {storage_.get() + begin_, size()}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return size() == 0; }
    std::size_t headroom() const { return begin_; }
    std::size_t tailroom() const { return storage_ ? kHeadroom + kCapacity - end_ : 0; }

    /// Grows at the front by `count` and returns the new bytes, uninitialized.
    MutableBytes prepend(std::size_t count) {
        SHUNT_ASSERT(count <= headroom(), "headroom is reserved for every header that we add");
        begin_ -= count;
        return {storage_.get() + begin_, count};
    }
    /// Grows at the end by `count` and returns the new bytes, uninitialized.
    MutableBytes append(std::size_t count) {
        SHUNT_ASSERT(count <= tailroom(), "callers bound what they append");
        end_ += count;
        return {storage_.get() + end_ - count, count};
    }
    void append(ByteView content);
    void trim_front(std::size_t count) {
        SHUNT_ASSERT(count <= size(), "what is trimmed was there");
        begin_ += count;
    }
    void trim_back(std::size_t count) {
        SHUNT_ASSERT(count <= size(), "what is trimmed was there");
        end_ -= count;
    }
    /// Empties it and restores the headroom.
    void clear() { begin_ = end_ = kHeadroom; }

  private:
    friend class PacketPool;
    using Storage = std::unique_ptr<std::uint8_t[]>;
    Packet(PacketPool* pool, Storage storage)
        : pool_(pool), storage_(std::move(storage)), begin_(kHeadroom), end_(kHeadroom) {}
    void release();

    PacketPool* pool_ = nullptr;
    Storage storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Recycles packet storage. Not thread-safe: one pool per thread.
class PacketPool {
  public:
    PacketPool() = default;
    PacketPool(const PacketPool&) = delete;
    PacketPool& operator=(const PacketPool&) = delete;

    /// An empty packet with headroom.
    Packet take();
    /// A packet that holds a copy of `content` (at most Packet::kCapacity bytes).
    Packet copy(ByteView content);

  private:
    friend class Packet;
    /// Storage kept for reuse; more than this goes back to the system.
    static constexpr std::size_t kKeptMax = 4'096;
    void give_back(Packet::Storage storage);

    std::vector<Packet::Storage> free_;
};

}  // namespace shunt
