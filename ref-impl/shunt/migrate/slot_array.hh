// SPDX-License-Identifier: Apache-2.0
// Values by slot number in pieces of fixed size: a value stays where it is while others are added,
// neighbours lie together, and growing copies nothing.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "shunt/base/deadline_heap.hh"

namespace shunt::migrate {

template <typename Value>
class SlotArray {
  public:
    using Slot = DeadlineHeap::Slot;

    /// Slots there are, in use or not.
    std::size_t size() const { return size_; }
    /// Adds a slot with a default value behind the last one.
    Slot grow() {
        if (size_ == pieces_.size() * kPiece) pieces_.push_back(std::make_unique<Piece>());
        return static_cast<Slot>(size_++);
    }
    Value& operator[](Slot slot) { return (*pieces_[slot / kPiece])[slot % kPiece]; }
    const Value& operator[](Slot slot) const { return (*pieces_[slot / kPiece])[slot % kPiece]; }

  private:
    static constexpr std::size_t kPiece = 1'024;
    using Piece = std::array<Value, kPiece>;

    std::vector<std::unique_ptr<Piece>> pieces_;
    std::size_t size_ = 0;
};

}  // namespace shunt::migrate
