// SPDX-License-Identifier: Apache-2.0
/// What a run prints while it goes on: a verdict per case, and on a terminal how far it is.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cases/registry.hh"
#include "report/result.hh"
#include "report/text.hh"

namespace conform {

class RunDisplay {
  public:
    RunDisplay(const TextStyle& style, std::size_t total)
        : style_(style), total_(total), began_(std::chrono::steady_clock::now()) {}
    /// Leaves no progress line behind.
    ~RunDisplay();
    RunDisplay(const RunDisplay&) = delete;
    RunDisplay& operator=(const RunDisplay&) = delete;

    void started(const CaseInfo& info);
    /// A case may be told of twice: its device may end behind it.
    void finished(const CaseResult& result);

  private:
    void draw() const;

    TextStyle style_;
    std::size_t total_;
    std::chrono::steady_clock::time_point began_;
    std::vector<std::string_view> running_;
    std::set<std::pair<std::string, std::uint32_t>> done_;
    std::set<std::pair<std::string, std::uint32_t>> failed_;
};

}  // namespace conform
