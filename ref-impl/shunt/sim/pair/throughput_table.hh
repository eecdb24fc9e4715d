// SPDX-License-Identifier: Apache-2.0
// How long a download takes, and how fast it is, by congestion control, loss, round trip and
// buffer: a table in virtual time that is the same on every machine, so that a change of the
// engine shows as a change of the table.
#pragma once

#include <string>

namespace shunt::sim {

/// A few lines that say what was measured, then a line for each case.
std::string throughput_table();

}  // namespace shunt::sim
