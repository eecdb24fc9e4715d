// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/packet.hh"

#include <cstring>
#include <utility>

namespace shunt {

Packet::Packet(Packet&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      storage_(std::move(other.storage_)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

Packet& Packet::operator=(Packet&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    storage_ = std::move(other.storage_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
}

Packet::~Packet() {
    release();
}

void Packet::release() {
    if (pool_ != nullptr && storage_) pool_->give_back(std::move(storage_));
    pool_ = nullptr;
}

void Packet::append(ByteView content) {
    const MutableBytes room = append(content.size());
    if (!content.empty()) std::memcpy(room.data(), content.data(), content.size());
}

Packet PacketPool::take() {
    if (free_.empty()) {
        constexpr std::size_t size = Packet::kHeadroom + Packet::kCapacity;
        return Packet(this, std::make_unique_for_overwrite<std::uint8_t[]>(size));
    }
    Packet::Storage storage = std::move(free_.back());
    free_.pop_back();
    return Packet(this, std::move(storage));
}

Packet PacketPool::copy(ByteView content) {
    Packet packet = take();
    packet.append(content);
    return packet;
}

void PacketPool::give_back(Packet::Storage storage) {
    if (free_.size() < kKeptMax) free_.push_back(std::move(storage));
}

}  // namespace shunt
