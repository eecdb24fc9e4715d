// SPDX-License-Identifier: Apache-2.0
// Bytes of one queue as they come in, in any order and more than once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/interval_set.hh"

namespace shunt::tcp {

class QueueAssembly {
  public:
    /// Pieces with something missing between them that are remembered: a sender sends in order.
    static constexpr std::size_t kRunsMax = 4'096;

    /// Nothing lies at or past `size_max`, in bytes.
    explicit QueueAssembly(std::uint64_t size_max) : size_max_(size_max) {}

    /// False, and nothing is taken, if the bytes do not lie below size_max. Of bytes that come
    /// twice the first stay. What would make too many runs is left out; it is missing still.
    bool add(std::uint64_t offset, ByteView bytes);
    std::uint64_t size_max() const { return size_max_; }
    const IntervalSet& there() const { return there_; }
    bool has_all(std::uint64_t size) const { return there_.covers({0, size}); }
    ByteView bytes(Interval range) const {
        return ByteView(bytes_).subspan(static_cast<std::size_t>(range.begin),
                                        static_cast<std::size_t>(range.size()));
    }
    /// Everything from the front up to the last byte that has come.
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::uint64_t size_max_;
    std::vector<std::uint8_t> bytes_;
    IntervalSet there_;
};

}  // namespace shunt::tcp
