// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz_display.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "app/fuzz_files.hh"
#include "report/progress.hh"

namespace conform {

FuzzDisplay::~FuzzDisplay() {
    if (is_drawn_) std::cout << erased() << std::flush;
}

double FuzzDisplay::per_second(std::uint64_t cases) const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
    return static_cast<double>(cases) / std::max(elapsed.count(), 1e-3);
}

void FuzzDisplay::draw(const FuzzProgress& progress) {
    if (is_drawn_) std::cout << erased();
    if (!progress.signature.empty()) {
        std::cout << printable(
            fmt::format("found in {}: {}\n", progress.found_at, progress.signature));
    }
    if (style_.is_terminal) {
        is_drawn_ = true;
        std::cout << redrawn(fmt::format("{} cases, {:.0f}/s, {} findings, next {}", progress.cases,
                                         per_second(progress.cases), progress.findings,
                                         progress.index));
    }
    std::cout << std::flush;
}

void FuzzDisplay::end(const FuzzReport& report) {
    const double rate = per_second(report.cases);
    if (is_drawn_) std::cout << erased();
    is_drawn_ = false;
    for (const FuzzFinding& finding : report.findings)
        std::cout << printable(describe_finding(finding));
    std::cout << printable(describe_fuzz(report));
    std::cout << fmt::format("{:.0f} cases/s\n", rate) << std::flush;
}

}  // namespace conform
