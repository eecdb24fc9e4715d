// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/packet.hh"

#include <cstring>
#include <utility>

namespace shunt {
namespace {

std::unique_ptr<std::uint8_t[]> reuse_or_allocate(
    std::vector<std::unique_ptr<std::uint8_t[]>>& free, std::size_t capacity) {
    if (free.empty())
        return std::make_unique_for_overwrite<std::uint8_t[]>(Packet::kHeadroom + capacity);
    std::unique_ptr<std::uint8_t[]> storage = std::move(free.back());
    free.pop_back();
    return storage;
}

}  // namespace

void Packet::append(ByteView content) {
    const MutableBytes room = append(content.size());
    if (!content.empty()) std::memcpy(room.data(), content.data(), content.size());
}

Packet PacketPool::take() {
    return Packet(this, reuse_or_allocate(free_, Packet::kCapacity), Packet::kCapacity);
}

Packet PacketPool::take_large() {
    return Packet(this, reuse_or_allocate(free_large_, Packet::kLargeCapacity),
                  Packet::kLargeCapacity);
}

Packet PacketPool::copy(ByteView content) {
    Packet packet = content.size() > Packet::kCapacity ? take_large() : take();
    packet.append(content);
    return packet;
}

void PacketPool::give_back(Packet::Storage storage, std::size_t capacity) {
    const bool is_large = capacity == Packet::kLargeCapacity;
    std::vector<Packet::Storage>& free = is_large ? free_large_ : free_;
    if (free.size() < (is_large ? kLargeKeptMax : kKeptMax)) free.push_back(std::move(storage));
}

}  // namespace shunt
