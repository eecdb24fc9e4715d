// SPDX-License-Identifier: Apache-2.0
/// One thing that a device did otherwise than a requirement says.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace conform {

/// How much a requirement weighs: MUST decides, SHOULD counts with --strict.
enum class Level : unsigned char { Must, Should };

/// Bytes of a frame, from its Ethernet header on.
struct ByteRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct Finding {
    std::string requirement;  ///< "EP-25"
    std::string expected;     ///< "sequence 1001"
    std::string actual;       ///< "1000"
    /// Position in the case's capture of the packet that violates; absent where a packet is
    /// missing.
    std::optional<std::size_t> frame{};
    Level level = Level::Must;
    /// Number of that packet in the case's capture file, from 1, where lines of the upper tester
    /// are packets too.
    std::optional<std::size_t> packet{};
    /// What of the packet is not as expected, where who found it knows.
    std::optional<ByteRange> bytes{};

    /// "EP-25: expected sequence 1001, got 1000"
    std::string message() const {
        return requirement + ": expected " + expected + ", got " + actual;
    }
};

/// A finding after which the case cannot go on.
class Violation : public std::exception {
  public:
    explicit Violation(Finding finding)
        : finding_(std::move(finding)), message_(finding_.message()) {}
    const Finding& finding() const { return finding_; }
    const char* what() const noexcept override { return message_.c_str(); }

  private:
    Finding finding_;
    std::string message_;
};

}  // namespace conform
