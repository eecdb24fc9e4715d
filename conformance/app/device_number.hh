// SPDX-License-Identifier: Apache-2.0
/// One of several devices of a run: `{n}` in the statement and in the command is its number.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "iut/iut.hh"

namespace conform {

/// Whether the device's attachment and the command that starts it tell several apart. Throws
/// UsageError where only one of both does.
bool has_numbers(const Iut& iut, const std::vector<std::string>& command);

/// The same for device `number`.
Iut numbered(Iut iut, std::size_t number);
std::vector<std::string> numbered(std::vector<std::string> command, std::size_t number);

}  // namespace conform
