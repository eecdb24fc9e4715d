// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/violation.hh"

#include <utility>

namespace shunt::sim {

void ViolationLog::add(Instant time, std::string_view rule, std::string text) {
    ++count_;
    if (kept_.size() == kKeptMax) return;
    kept_.push_back({time, std::string(rule), std::move(text), seed_});
}

}  // namespace shunt::sim
