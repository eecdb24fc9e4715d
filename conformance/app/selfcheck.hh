// SPDX-License-Identifier: Apache-2.0
/// Runs the suite against the device, then against each mutant and variant of it, and against
/// devices that do nothing.
#pragma once

#include <functional>

#include "app/options.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "report/selfcheck.hh"

namespace conform {

/// Where the base line is not conformant nothing else is run. `options.mutants_program` and
/// `options.device_command` are set. Throws as Runner does, and as list_mutants() does.
SelfcheckResult run_selfcheck(const Options& options, const Iut& iut,
                              const std::vector<const CaseInfo*>& cases);

}  // namespace conform
