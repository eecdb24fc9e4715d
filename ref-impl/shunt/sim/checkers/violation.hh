// SPDX-License-Identifier: Apache-2.0
// A rule that was broken: when, which, by what, and the seed that shows it again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/time.hh"

namespace shunt::sim {

struct Violation {
    Instant time;
    std::string rule;  ///< A requirement's id, e.g. "EP-12".
    std::string text;
    std::uint64_t seed = 0;
};

/// Where all checkers of a world report.
class ViolationLog {
  public:
    /// A broken world breaks rules at every packet: the first ones tell, the others are counted.
    static constexpr std::size_t kKeptMax = 100;

    explicit ViolationLog(std::uint64_t seed) : seed_(seed) {}

    void add(Instant time, std::string_view rule, std::string text);
    bool empty() const { return count_ == 0; }
    std::uint64_t count() const { return count_; }
    const std::vector<Violation>& kept() const { return kept_; }

  private:
    std::uint64_t seed_;
    std::uint64_t count_ = 0;
    std::vector<Violation> kept_;
};

}  // namespace shunt::sim
