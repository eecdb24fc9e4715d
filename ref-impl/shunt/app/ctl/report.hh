// SPDX-License-Identifier: Apache-2.0
// What a node has answered, for a person to read.
#pragma once

#include <string>
#include <string_view>

#include "shunt/app/control_request.hh"

namespace shunt::app::ctl {

/// The result of `verb` as text, line ends included. `filter`: of tables and counters, those whose
/// name begins with it; empty: all. Fields that this program does not know are shown too.
std::string report(std::string_view verb, const Json& result, std::string_view filter);

/// Counters with what each has grown by since `before`, of those whose name begins with `filter`.
std::string report_growth(const Json& before, const Json& now, std::string_view filter);

/// The result of tables or counters with nothing but what `filter` is about.
Json filtered(std::string_view verb, const Json& result, std::string_view filter);

}  // namespace shunt::app::ctl
