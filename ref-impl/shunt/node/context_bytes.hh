// SPDX-License-Identifier: Apache-2.0
// The context that an application leaves to the one that goes on elsewhere (EP-42) as bytes:
// integers, big-endian, and texts behind their length (docs/applications.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/assert.hh"
#include "shunt/base/bytes.hh"

namespace shunt::node {

class ContextWriter {
  public:
    /// No text is longer, in bytes.
    static constexpr std::size_t kTextMax = std::numeric_limits<std::uint16_t>::max();

    /// The `size` low bytes of `value`.
    void number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = size; i-- > 0;)
            bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void text(std::string_view text) {
        SHUNT_ASSERT(text.size() <= kTextMax, "a context with a longer text does not leave");
        number(text.size(), 2);
        bytes_.insert(bytes_.end(), text.begin(), text.end());
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
};

/// Once the bytes do not suffice it is at fault, and everything is zero.
class ContextReader {
  public:
    explicit ContextReader(ByteView bytes) : bytes_(bytes) {}

    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(size))
            value = value << 8U | byte;
        return value;
    }
    std::string text() {
        const auto size = static_cast<std::size_t>(number(2));
        const ByteView bytes = take(size);
        return {bytes.begin(), bytes.end()};
    }
    bool is_read_to_its_end() const { return !is_at_fault_ && bytes_.empty(); }

  private:
    ByteView take(std::size_t size) {
        is_at_fault_ = is_at_fault_ || size > bytes_.size();
        if (is_at_fault_) return {};
        const ByteView taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }

    ByteView bytes_;
    bool is_at_fault_ = false;
};

}  // namespace shunt::node
