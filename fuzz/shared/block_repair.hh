// SPDX-License-Identifier: Apache-2.0
// Makes a mutated control block one that validate() takes, rule by rule of TCB-1.
#pragma once

#include "shunt/base/rng.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::fuzz {

/// Each rule is mended with a probability of its own, so that each is also seen broken alone.
void repair_block(wire::ControlBlock& block, Rng& rng);

}  // namespace shunt::fuzz
