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

/// What is left to do before a TCP/IPv4 packet can go on a wire: of a link whose far end does it,
/// or leaves it to us because no wire lies in between (virtio 1.2, 5.1.6).
struct Unfinished {
    /// The checksum field holds the sum of the pseudo header alone: there is nothing to verify.
    bool checksum = false;
    /// Bytes of text in each segment that it is to be cut into; 0: it is one segment.
    std::uint16_t segment_size = 0;

    bool any() const { return checksum || segment_size != 0; }
    bool operator==(const Unfinished&) const = default;
};

/// Move-only. Its storage goes back to the pool when it dies; the pool outlives its packets.
class Packet {
  public:
    /// Room in front of a fresh packet: Ethernet 14, encapsulation 16, UDP/IPv4 28, IPv4 and TCP
    /// with all options 120, rounded up.
    static constexpr std::size_t kHeadroom = 192;
    /// Largest content of a pooled packet: a 9,000 byte jumbo frame and a trailer fit.
    static constexpr std::size_t kCapacity = 9'216;
    /// The same of a large one: the longest IPv4 packet, its Ethernet header and a tag.
    static constexpr std::size_t kLargeCapacity = 65'535 + 18;

    Packet() = default;
    Packet(Packet&& other) noexcept { take_from(other); }
    Packet& operator=(Packet&& other) noexcept {
        if (this == &other) return *this;
        release();
        take_from(other);
        return *this;
    }
    Packet(const Packet&) = delete;
    Packet& operator=(const Packet&) = delete;
    ~Packet() { release(); }

    ByteView bytes() const { return {storage_.get() + begin_, size()}; }
    MutableBytes mutable_bytes() { return {storage_.get() + begin_, size()}; }
    std::size_t size() const { return std::size_t{end_} - begin_; }
    bool empty() const { return size() == 0; }
    std::size_t headroom() const { return begin_; }
    std::size_t tailroom() const { return storage_ ? kHeadroom + capacity_ - end_ : 0; }
    const Unfinished& unfinished() const { return unfinished_; }
    void set_unfinished(const Unfinished& unfinished) { unfinished_ = unfinished; }

    /// Grows at the front by `count` and returns the new bytes, uninitialized.
    MutableBytes prepend(std::size_t count) {
        SHUNT_ASSERT(count <= headroom(), "headroom is reserved for every header that we add");
        begin_ -= static_cast<std::uint32_t>(count);
        return {storage_.get() + begin_, count};
    }
    /// Grows at the end by `count` and returns the new bytes, uninitialized.
    MutableBytes append(std::size_t count) {
        SHUNT_ASSERT(count <= tailroom(), "callers bound what they append");
        end_ += static_cast<std::uint32_t>(count);
        return {storage_.get() + end_ - count, count};
    }
    void append(ByteView content);
    void trim_front(std::size_t count) {
        SHUNT_ASSERT(count <= size(), "what is trimmed was there");
        begin_ += static_cast<std::uint32_t>(count);
    }
    void trim_back(std::size_t count) {
        SHUNT_ASSERT(count <= size(), "what is trimmed was there");
        end_ -= static_cast<std::uint32_t>(count);
    }
    /// Empties it and restores the headroom.
    void clear() {
        begin_ = end_ = kHeadroom;
        unfinished_ = {};
    }

  private:
    friend class PacketPool;
    using Storage = std::unique_ptr<std::uint8_t[]>;
    Packet(PacketPool* pool, Storage storage, std::size_t capacity)
        : pool_(pool),
          storage_(std::move(storage)),
          begin_(kHeadroom),
          end_(kHeadroom),
          capacity_(static_cast<std::uint32_t>(capacity)) {}
    void release();
    /// Of a packet that holds nothing; nothing is left of the other one.
    void take_from(Packet& other) noexcept {
        pool_ = std::exchange(other.pool_, nullptr);
        storage_ = std::move(other.storage_);
        begin_ = std::exchange(other.begin_, 0);
        end_ = std::exchange(other.end_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        unfinished_ = std::exchange(other.unfinished_, {});
    }

    PacketPool* pool_ = nullptr;
    Storage storage_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    std::uint32_t capacity_ = 0;
    Unfinished unfinished_;
};

static_assert(sizeof(Packet) <= 32, "queues of packets are rings of them");

/// Recycles packet storage. Not thread-safe: one pool per thread.
class PacketPool {
  public:
    PacketPool() = default;
    PacketPool(const PacketPool&) = delete;
    PacketPool& operator=(const PacketPool&) = delete;

    /// An empty packet with headroom.
    Packet take();
    /// The same with room for Packet::kLargeCapacity bytes.
    Packet take_large();
    /// A packet that holds a copy of `content` (at most Packet::kLargeCapacity bytes).
    Packet copy(ByteView content);

  private:
    friend class Packet;
    /// Storage kept for reuse; more than this goes back to the system.
    static constexpr std::size_t kKeptMax = 4'096;
    static constexpr std::size_t kLargeKeptMax = 64;
    void give_back(Packet::Storage storage, std::size_t capacity);

    std::vector<Packet::Storage> free_;
    std::vector<Packet::Storage> free_large_;
};

inline void Packet::release() {
    if (pool_ != nullptr && storage_) pool_->give_back(std::move(storage_), capacity_);
    pool_ = nullptr;
}

}  // namespace shunt
