// SPDX-License-Identifier: Apache-2.0
/// What a fuzzing run prints while it goes on: what it finds, and on a terminal how far it is.
#pragma once

#include <chrono>

#include "app/fuzz.hh"
#include "report/text.hh"

namespace conform {

class FuzzDisplay {
  public:
    explicit FuzzDisplay(const TextStyle& style)
        : style_(style), began_(std::chrono::steady_clock::now()) {}
    /// Leaves no progress line behind.
    ~FuzzDisplay();
    FuzzDisplay(const FuzzDisplay&) = delete;
    FuzzDisplay& operator=(const FuzzDisplay&) = delete;

    void draw(const FuzzProgress& progress);
    /// The findings, the sum, and how fast it was.
    void end(const FuzzReport& report);

  private:
    double per_second(std::uint64_t cases) const;

    TextStyle style_;
    std::chrono::steady_clock::time_point began_;
    bool is_drawn_ = false;
};

}  // namespace conform
