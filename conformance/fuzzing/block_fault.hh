// SPDX-License-Identifier: Apache-2.0
/// What TCB-1 says of one control block alone.
#pragma once

#include <optional>
#include <string_view>

#include "pdu/control_block.hh"

namespace conform::fuzzing {

/// What of a block of version 1 contradicts itself; absent if nothing does, or the version is
/// another one (TCB-4).
std::optional<std::string_view> find_block_fault(const ControlBlock& block);

}  // namespace conform::fuzzing
