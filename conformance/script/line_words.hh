// SPDX-License-Identifier: Apache-2.0
/// One line of a segment script as words, read from left to right; every error names file and line.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace conform {

/// "scripts/paws.seg:7: expected .., got ..".
struct ScriptError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class LineWords {
  public:
    /// Words are parted by blanks; "a text" in quotation marks is one; `#` begins a comment. Throws
    /// ScriptError for a quotation mark without its other.
    LineWords(std::string file, std::size_t line, std::string_view text);

    bool empty() const { return next_ == words_.size(); }
    std::size_t line() const { return line_; }
    /// The next word without taking it; empty at the end.
    std::string_view peek() const;
    /// Takes the next word; `what` is what had to stand there.
    std::string take(const char* what);
    /// Takes the next word if it is `word`.
    bool take_if(std::string_view word);
    /// A number from 0 to `most`.
    std::uint32_t take_number(const char* what, std::uint32_t most);
    /// A number that may be negative.
    std::int64_t take_relative(const char* what);
    /// What is left, as it was written, with one blank between words.
    std::string rest() const;
    /// Throws if anything is left.
    void finish() const;
    [[noreturn]] void fail(const std::string& text) const;
    /// Throws; `known` are the words that could stand where `got` does.
    [[noreturn]] void refuse(const std::string& got, const std::vector<std::string>& known) const;

  private:
    std::string file_;
    std::size_t line_;
    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

}  // namespace conform
