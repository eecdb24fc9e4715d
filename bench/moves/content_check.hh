// SPDX-License-Identifier: Apache-2.0
// Generated content from one offset on, sent and compared: a byte that is lost, repeated, reordered
// or changed on its way is at the wrong place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shunt/node/generated_content.hh"

namespace shunt::bench {

class ContentCheck {
  public:
    explicit ContentCheck(std::uint64_t offset = 0) : offset_(offset) {}

    /// Compares what comes next in the stream.
    void take(std::span<const char> bytes) {
        expected_.resize(bytes.size());
        node::generate(offset_, expected_);
        const auto is_equal = [](char got, std::uint8_t expected) {
            return static_cast<std::uint8_t>(got) == expected;
        };
        if (!std::equal(bytes.begin(), bytes.end(), expected_.begin(), is_equal)) ++wrong_;
        offset_ += bytes.size();
    }

    /// How much has come, from offset zero on.
    std::uint64_t offset() const { return offset_; }
    /// Pieces in which something was wrong.
    std::uint64_t wrong() const { return wrong_; }

  private:
    std::uint64_t offset_;
    std::uint64_t wrong_ = 0;
    std::vector<std::uint8_t> expected_;
};

}  // namespace shunt::bench
