// SPDX-License-Identifier: Apache-2.0
/// Runs the suite against the device, then against each mutant and variant of it, and against
/// devices that do nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "report/selfcheck.hh"

namespace conform {

/// What is asked next: a device, and which one of how many.
struct SelfcheckStep {
    std::string_view kind;
    std::string_view name;
    std::size_t number = 0;
    std::size_t count = 0;
};

/// "mutant 3 of 210: takes-any-reset".
std::string describe_step(const SelfcheckStep& step);

using OnStep = std::function<void(const SelfcheckStep&)>;

/// Where the base line is not conformant nothing else is run. `options.mutants_program` and
/// `options.device_command` are set. Throws as Runner does, and as list_mutants() does.
SelfcheckResult run_selfcheck(const Options& options, const Iut& iut,
                              const std::vector<const CaseInfo*>& cases, const OnStep& on_step);

}  // namespace conform
