// SPDX-License-Identifier: Apache-2.0
#include "app/run_display.hh"

#include <algorithm>
#include <iostream>

#include "report/progress.hh"

namespace conform {

RunDisplay::~RunDisplay() {
    if (style_.is_terminal) std::cout << erased() << std::flush;
}

void RunDisplay::started(const CaseInfo& info) {
    running_.push_back(info.id);
    draw();
}

void RunDisplay::finished(const CaseResult& result) {
    const auto name = std::make_pair(result.id, result.round);
    done_.insert(name);
    if (result.verdict >= Verdict::Inconclusive) failed_.insert(name);
    const auto ended = std::find(running_.begin(), running_.end(), result.id);
    if (ended != running_.end()) running_.erase(ended);
    if (style_.is_terminal) std::cout << erased();
    std::cout << describe_case(result, style_) << std::flush;
    draw();
}

void RunDisplay::draw() const {
    if (!style_.is_terminal) return;
    RunProgress progress{done_.size(), total_, failed_.size(), {}, running_};
    progress.elapsed = std::chrono::steady_clock::now() - began_;
    std::cout << redrawn(describe_progress(progress, terminal_columns())) << std::flush;
}

}  // namespace conform
