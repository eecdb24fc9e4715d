// SPDX-License-Identifier: Apache-2.0
/// Which cases concern a device, by what its statement claims.
#pragma once

#include <string>
#include <vector>

#include "cases/registry.hh"
#include "iut/iut.hh"

namespace conform {

/// Why a case does not concern the device; empty if it does.
std::string why_not(const CaseInfo& info, const Statement& statement);

/// Profiles and roles that are claimed and that no case is about, one line each.
std::vector<std::string> untested_claims(const Statement& statement);

}  // namespace conform
