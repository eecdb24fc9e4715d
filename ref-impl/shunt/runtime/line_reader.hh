// SPDX-License-Identifier: Apache-2.0
// Lines out of a byte stream, with a bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::runtime {

class LineReader {
  public:
    /// Longest line in bytes, its end not counted.
    explicit LineReader(std::size_t length_max) : length_max_(length_max) {}

    void push(std::string_view bytes);
    /// The next whole line without "\n" or "\r\n"; empty lines are skipped.
    std::optional<std::string> pop();
    /// A line is longer than allowed: the stream cannot be understood any further, and pop()
    /// gives nothing more.
    bool is_overlong() const { return is_overlong_; }

  private:
    std::size_t length_max_;
    std::string buffer_;
    std::size_t searched_ = 0;  // no line ends before this offset
    bool is_overlong_ = false;
};

}  // namespace shunt::runtime
